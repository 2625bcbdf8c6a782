using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>Which methods of some assemblies can be reached from others, read out of their code. Virtual calls lead to all overrides.</summary>
internal sealed class CallGraph
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue =
        typeof(OpCodes).GetFields().Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    private readonly HashSet<Assembly> _assemblies;
    private readonly Dictionary<Type, Type[]> _subtypes;
    private readonly Dictionary<MethodBase, IReadOnlyList<MethodBase>> _calls = [];

    public CallGraph(IReadOnlyCollection<Assembly> assemblies)
    {
        _assemblies = [.. assemblies];
        var types = assemblies.SelectMany(assembly => assembly.GetTypes()).ToList();
        _subtypes = types
            .SelectMany(type => type.GetInterfaces().Concat(Bases(type)).Select(ancestor => (Ancestor: Definition(ancestor), Type: type)))
            .ToLookup(pair => pair.Ancestor, pair => pair.Type)
            .ToDictionary(group => group.Key, group => group.Distinct().ToArray());
    }

    /// <summary>The methods that the code of a type can reach, and what others call of it: the virtual methods and constructors of its base types.</summary>
    public IReadOnlySet<MethodBase> ReachableFrom(Type type)
    {
        var reached = new HashSet<MethodBase>();
        var inherited = Bases(type).Where(IsOurs).SelectMany(Methods).Where(method => method.IsVirtual || method.IsConstructor);
        var open = new Stack<MethodBase>(Methods(type).Concat(inherited));
        while (open.TryPop(out var method))
        {
            if (!reached.Add(method))
                continue;
            foreach (var called in CallsOf(method).Where(called => !IsSibling(type, called.DeclaringType!)))
                open.Push(called);
        }
        return reached;
    }

    // What is virtual in a base type of a cmdlet is called on that cmdlet, not on another one.
    private static bool IsSibling(Type type, Type other) => !other.IsInterface && !other.IsAssignableFrom(type) && Bases(type).Any(shared => shared.IsAbstract && shared.IsAssignableFrom(other));

    private IReadOnlyList<MethodBase> CallsOf(MethodBase method) =>
        _calls.TryGetValue(method, out var known) ? known : _calls[method] = [.. Targets(method).Distinct()];

    private IEnumerable<MethodBase> Targets(MethodBase method)
    {
        if (method.GetCustomAttribute<StateMachineAttribute>() is { } machine)
        {
            foreach (var step in Methods(Definition(machine.StateMachineType)))
                yield return step;
        }
        if (method.DeclaringType?.TypeInitializer is { } initializer && initializer != method)
            yield return initializer;
        foreach (var called in Tokens(method).Where(called => called.DeclaringType is { } owner && IsOurs(owner)))
        {
            yield return called;
            foreach (var overriding in Overrides(called))
                yield return overriding;
        }
    }

    private static IEnumerable<MethodBase> Tokens(MethodBase method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        var typeArguments = method.DeclaringType is { IsGenericType: true } generic ? generic.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < code.Length;)
        {
            var opCode = OpCodesByValue[code[at] == 0xFE ? (short)(0xFE00 | code[at + 1]) : code[at]];
            at += opCode.Size;
            if (opCode.OperandType == OperandType.InlineMethod)
                yield return Definition(method.Module.ResolveMethod(BitConverter.ToInt32(code, at), typeArguments, methodArguments)!);
            at += opCode.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private IEnumerable<MethodBase> Overrides(MethodBase method) => method.IsVirtual && !method.IsFinal && _subtypes.TryGetValue(method.DeclaringType!, out var types)
        ? types.SelectMany(Methods).Where(other => other.IsVirtual && other.Name.Split('.')[^1] == method.Name && other.GetParameters().Length == method.GetParameters().Length)
        : [];

    private bool IsOurs(Type type) => _assemblies.Contains(type.Assembly);

    private static IEnumerable<MethodBase> Methods(Type type) => type.GetMethods(Declared).Concat<MethodBase>(type.GetConstructors(Declared));

    private static IEnumerable<Type> Bases(Type type) => type.BaseType is { } baseType ? Bases(baseType).Prepend(Definition(baseType)) : [];

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    private static MethodBase Definition(MethodBase method) =>
        method.DeclaringType is { IsGenericType: true } || method.IsGenericMethod ? method.Module.ResolveMethod(method.MetadataToken)! : method;
}
