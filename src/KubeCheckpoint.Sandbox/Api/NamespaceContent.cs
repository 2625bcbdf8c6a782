using System.Text.Json.Nodes;
using KubeCheckpoint.Sandbox.State;

namespace KubeCheckpoint.Sandbox.Api;

/// <summary>The objects that controllers create in every new namespace.</summary>
internal static class NamespaceContent
{
    public const string DefaultAccount = "default";

    public static void Fill(ClusterState state, string ns)
    {
        ContentObjects.Create(state, "serviceaccounts", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = DefaultAccount, ["namespace"] = ns },
        });
        ContentObjects.Create(state, "configmaps", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "kube-root-ca.crt", ["namespace"] = ns },
            ["data"] = new JsonObject { ["ca.crt"] = state.Authority.Pem },
        });
    }
}
