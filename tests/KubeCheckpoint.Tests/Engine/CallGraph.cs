using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace KubeCheckpoint.Tests.Engine;

/// <summary>Finds which methods of some assemblies are reachable from others, from their code. Virtual calls lead to the overrides in all types that
/// are constructed on the way.</summary>
internal sealed class CallGraph
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue =
        typeof(OpCodes).GetFields().Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    private readonly HashSet<Assembly> _assemblies;
    private readonly Func<Type, bool> _except;
    private readonly Dictionary<Type, HashSet<Type>> _ancestors;
    private readonly Dictionary<MethodBase, IReadOnlyList<MethodBase>> _calls = [];

    /// <param name="assemblies">The assemblies.</param>
    /// <param name="except">Selects types whose code is not followed.</param>
    public CallGraph(IReadOnlyCollection<Assembly> assemblies, Func<Type, bool> except)
    {
        _except = except;
        _assemblies = [.. assemblies];
        _ancestors = assemblies.SelectMany(assembly => assembly.GetTypes())
            .ToDictionary(type => type, type => type.GetInterfaces().Concat(Bases(type)).Select(Definition).ToHashSet());
    }

    /// <summary>The methods reachable from the code of a type, including the virtual methods and constructors of its base types, which others call.</summary>
    public IReadOnlySet<MethodBase> ReachableFrom(Type type)
    {
        var (reached, made, virtuals) = (new HashSet<MethodBase>(), new HashSet<Type>(), new HashSet<MethodBase>());
        var inherited = Bases(type).Where(IsOurs).SelectMany(Methods).Where(method => method.IsVirtual || method.IsConstructor);
        var open = new Stack<MethodBase>(Methods(type).Concat(inherited));
        while (open.TryPop(out var method))
        {
            if (IsSibling(type, method.DeclaringType!) || _except(method.DeclaringType!) || !reached.Add(method))
                continue;
            if (method.IsVirtual && virtuals.Add(method))
                Push(open, made.SelectMany(owner => Overrides(method, owner)));
            if (method.IsConstructor && made.Add(method.DeclaringType!))
                Push(open, virtuals.SelectMany(called => Overrides(called, method.DeclaringType!)));
            Push(open, CallsOf(method));
        }
        return reached;
    }

    private static void Push(Stack<MethodBase> open, IEnumerable<MethodBase> methods)
    {
        foreach (var method in methods.ToList())
            open.Push(method);
    }

    // A virtual method of a base type is called on the cmdlet itself, not on another cmdlet.
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
            yield return called;
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

    private IEnumerable<MethodBase> Overrides(MethodBase method, Type owner) => !method.IsFinal && _ancestors.TryGetValue(owner, out var ancestors) && ancestors.Contains(method.DeclaringType!)
        ? Bases(owner).Prepend(owner).Where(IsOurs).SelectMany(Methods)
            .Where(other => other.IsVirtual && other.Name.Split('.')[^1] == method.Name && other.GetParameters().Length == method.GetParameters().Length)
        : [];

    private bool IsOurs(Type type) => _assemblies.Contains(type.Assembly);

    private static IEnumerable<MethodBase> Methods(Type type) => type.GetMethods(Declared).Concat<MethodBase>(type.GetConstructors(Declared));

    private static IEnumerable<Type> Bases(Type type) => type.BaseType is { } baseType ? Bases(baseType).Prepend(Definition(baseType)) : [];

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    private static MethodBase Definition(MethodBase method) =>
        method.DeclaringType is { IsGenericType: true } || method.IsGenericMethod ? method.Module.ResolveMethod(method.MetadataToken)! : method;
}
