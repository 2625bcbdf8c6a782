using System.Collections;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using KubeCheckpoint.Tests.Engine;

namespace KubeCheckpoint.Tests.Pipeline;

/// <summary>The advice in errors can be followed: every parameter that it names exists in the cmdlet that raises the error, or in the cmdlet named
/// with it.</summary>
public sealed partial class AdviceTests(AdviceTests.Failures failures) : IClassFixture<AdviceTests.Failures>
{
    public static TheoryData<string> Cmdlets
    {
        get
        {
            using var session = new ModuleSession();
            return [.. session.Run("(Get-Command -Module KubeCheckpoint).Name").Objects.Select(name => name.ToString())];
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Parameters_that_an_error_names_exist(string name)
    {
        var command = failures.Commands[name];
        var reached = failures.Graph.ReachableFrom(command.ImplementingType);
        var raised = failures.Texts.Where(failure => reached.Contains(failure.Key)).ToList();

        Assert.NotEmpty(raised);
        var unknown = raised.SelectMany(failure => failure.Value.SelectMany(text => Unknown(text, command).Select(word => $"{failure.Key.Name}: {word} in '{text}'"))).ToList();
        Assert.True(unknown.Count == 0, string.Join(Environment.NewLine, unknown));
    }

    [Fact]
    public void Every_failure_can_be_created() => Assert.Equal("", string.Join(' ', failures.NotMade));

    private IEnumerable<string> Unknown(string sentence, CmdletInfo raising)
    {
        var named = CmdletName().Matches(sentence).Select(match => match.Value).Where(failures.Commands.ContainsKey).Select(name => failures.Commands[name]).ToList();
        return ParameterName().Matches(sentence).Select(match => match.Value)
            .Where(word => !(named.Count > 0 ? named : [raising]).Exists(command => Has(command, word[1..])));
    }

    private static bool Has(CmdletInfo command, string parameter) =>
        command.Parameters.Values.Any(known => known.Aliases.Prepend(known.Name).Contains(parameter, StringComparer.OrdinalIgnoreCase));

    [GeneratedRegex(@"(?<=^|[\s('/])-[A-Z][a-z][A-Za-z]*\b")]
    private static partial Regex ParameterName();

    [GeneratedRegex(@"\b[A-Z][a-z]+-[A-Z][A-Za-z]+\b")]
    private static partial Regex CmdletName();

    /// <summary>All failures of the module, with made-up arguments, and the code that raises them.</summary>
    public sealed class Failures
    {
        public Failures()
        {
            using var session = new ModuleSession();
            Commands = session.Run("Get-Command -Module KubeCheckpoint").Objects.Select(item => (CmdletInfo)item.BaseObject).ToDictionary(command => command.Name);
            Assert.NotEmpty(session.Run("Get-CheckpointArchive $args[0]", Fixture.Zoo).Objects);
            var assemblies = AppDomain.CurrentDomain.GetAssemblies().Where(assembly => assembly.GetName().Name is "KubeCheckpoint" or "KubeCheckpoint.Core").ToList();
            // Its failures become checks, which show the message but not the advice.
            Graph = new CallGraph(assemblies, except: type => type.Name == "ImageChecks");
            var factories = assemblies.SelectMany(assembly => assembly.GetTypes())
                .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                .Where(method => method.ReturnType.Name == "KubeCheckpointException" && method.DeclaringType!.Name.EndsWith("Failure", StringComparison.Ordinal))
                .ToList();
            Texts = factories.ToDictionary(MethodBase (factory) => factory, factory => Sentences(factory));
            NotMade = [.. Texts.Where(failure => failure.Value.Length == 0).Select(failure => failure.Key.Name)];
        }

        internal IReadOnlyDictionary<string, CmdletInfo> Commands { get; }

        internal CallGraph Graph { get; }

        internal IReadOnlyDictionary<MethodBase, string[]> Texts { get; }

        internal IReadOnlyList<string> NotMade { get; }

        // Text that depends on an argument is tested with and without it.
        private static string[] Sentences(MethodInfo factory) =>
            [.. Sentences(factory, isThere: true).Concat(Sentences(factory, isThere: false)).Distinct()];

        private static string[] Sentences(MethodInfo factory, bool isThere)
        {
            try
            {
                var failure = (Exception)factory.Invoke(null, [.. factory.GetParameters().Select(parameter => Value(parameter.ParameterType, isThere))])!;
                return $"{failure.Message} {failure.GetType().GetProperty("RecommendedAction")!.GetValue(failure)}".Split(". ");
            }
            catch (TargetInvocationException)
            {
                return [];
            }
        }

        private static object? Value(Type type, bool isThere) => type switch
        {
            _ when type == typeof(string) => isThere ? "x" : null,
            _ when type == typeof(object) => "x",
            _ when type == typeof(Uri) => new Uri("https://x"),
            _ when type.IsAssignableFrom(typeof(InvalidOperationException)) => new InvalidOperationException("x"),
            _ when type.IsAssignableTo(typeof(Exception)) => Activator.CreateInstance(type, [.. type.GetConstructors()[0].GetParameters().Select(parameter => Value(parameter.ParameterType, true))]),
            _ when Nullable.GetUnderlyingType(type) is { } inner => isThere ? Value(inner, true) : null,
            _ when type == typeof(bool) => isThere,
            _ when type.IsEnum || type.IsPrimitive => Convert.ChangeType(isThere ? 1 : 0, type.IsEnum ? Enum.GetUnderlyingType(type) : type) is var number && type.IsEnum ? Enum.ToObject(type, number) : number,
            _ when type.IsAssignableTo(typeof(IEnumerable)) => List(type),
            _ when type.GetMethod("TryParse", [typeof(string)]) is { } parse => parse.Invoke(null, ["https://x"]),
            _ => Make(type),
        };

        private static object Make(Type type)
        {
            var made = RuntimeHelpers.GetUninitializedObject(type);
            foreach (var property in type.GetProperties().Where(property => property.CanWrite && (property.PropertyType == typeof(string) || property.PropertyType.Name.StartsWith("IReadOnlyList", StringComparison.Ordinal))))
                property.SetValue(made, Value(property.PropertyType, true));
            return made;
        }

        private static Array List(Type type)
        {
            var item = type.IsArray ? type.GetElementType()! : type.GetGenericArguments().FirstOrDefault() ?? typeof(string);
            var array = Array.CreateInstance(item, item == typeof(string) || item.IsValueType ? 1 : 0);
            if (item == typeof(string))
                array.SetValue("x", 0);
            return array;
        }
    }
}
