using ArchUnitNET.Domain;

namespace KubeCheckpoint.Architecture.Tests;

/// <summary>Dependencies go down the <see cref="CodeMap"/>, never up, so no two namespaces depend on each other.</summary>
public sealed class LayerTests
{
    public static TheoryData<string> Namespaces => [.. CodeMap.All.Select(layer => layer.Namespace)];

    [Theory]
    [MemberData(nameof(Namespaces))]
    public void A_namespace_uses_only_what_is_below_it(string name)
    {
        var above = CodeMap.Above(name).ToHashSet();
        var arrows = (from type in Code.TypesIn(name)
                      from dependency in type.Dependencies
                      let target = dependency.Target
                      where target is not GenericParameter && above.Contains(target.Namespace.FullName)
                      select $"{type.FullName} -> {target.FullName}").Distinct().Order().ToList();

        Assert.True(arrows.Count == 0, string.Join(Environment.NewLine, arrows));
    }

    [Fact]
    public void The_map_names_every_namespace_and_no_other()
    {
        var compiled = Code.Types.Select(type => type.Namespace.FullName).Distinct();

        Assert.Equal(CodeMap.All.Select(layer => layer.Namespace).Order(), compiled.Order());
    }

    [Fact]
    public void The_map_sees_dependencies()
    {
        // A test of the test: the loader must have read the bodies of methods.
        Assert.Contains(Code.TypesIn("KubeCheckpoint.Cmdlets").SelectMany(type => type.Dependencies), arrow =>
            arrow.Target.FullName.StartsWith("KubeCheckpoint.Cluster", StringComparison.Ordinal));
        Assert.Contains(Code.TypesIn("KubeCheckpoint.Cluster.Restore").SelectMany(type => type.Dependencies), arrow =>
            arrow.Target.FullName.StartsWith("KubeCheckpoint.Images", StringComparison.Ordinal));
    }
}
