using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace KubeCheckpoint.Sandbox.Hosting;

/// <summary>One listener on 127.0.0.1.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private LoopbackServer(WebApplication application, int port)
    {
        _application = application;
        Port = port;
    }

    public int Port { get; }

    /// <param name="certificate">The serving certificate, or null for plain http.</param>
    /// <param name="port">The port, or 0 for any that is free.</param>
    /// <param name="protocols">HTTP/2 as well, or only HTTP/1.1, as in the transcripts of the kubelet's checkpoints.</param>
    /// <param name="handler">Responds to every request.</param>
    public static async Task<LoopbackServer> StartAsync(
        X509Certificate2? certificate, int port, HttpProtocols protocols, RequestDelegate handler)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, listen => Configure(listen, certificate, protocols));
        });
        var application = builder.Build();
        application.UseWebSockets();
        application.Run(handler);
        try
        {
            await application.StartAsync();
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
        var features = application.Services.GetRequiredService<IServer>().Features;
        var address = features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        return new LoopbackServer(application, new Uri(address).Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private static void Configure(ListenOptions listen, X509Certificate2? certificate, HttpProtocols protocols)
    {
        if (certificate is null)
        {
            listen.Protocols = HttpProtocols.Http1;
            return;
        }
        listen.Protocols = protocols;
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = certificate,
            ClientCertificateMode = ClientCertificateMode.AllowCertificate,

            // The response to a certificate of another CA is 401, not a failed handshake.
            ClientCertificateValidation = static (_, _, _) => true,
        });
    }
}
