using System.Security.Cryptography;

namespace KubeCheckpoint.Cluster.Connections;

/// <summary>Names in the cluster that several parts of the module use.</summary>
internal static class WellKnownNames
{
    /// <summary>The module's own name: the value of <see cref="AppLabel"/>, and the prefix of the names of its objects.</summary>
    public const string Module = "kubecheckpoint";

    /// <summary>The label that marks the module's own objects.</summary>
    public const string AppLabel = "app.kubernetes.io/name";

    /// <summary>The label that names the part of the module.</summary>
    public const string ComponentLabel = "app.kubernetes.io/component";

    /// <summary>The API group of roles, bindings and their subjects.</summary>
    public const string RbacGroup = "rbac.authorization.k8s.io";

    /// <summary>The user name of a kubeadm cluster's API server at its kubelets.</summary>
    public const string ApiServerKubeletClient = "kube-apiserver-kubelet-client";

    /// <summary>The beginning of a service account's user name, before <c>NAMESPACE:NAME</c>.</summary>
    public const string ServiceAccountPrefix = "system:serviceaccount:";

    /// <summary>A new name for an object that the module creates.</summary>
    /// <param name="component">The part of the module that creates it.</param>
    public static string NewName(string component) => NamePrefix(component) + RandomNumberGenerator.GetHexString(8, lowercase: true);

    /// <summary>The beginning of the names of objects that a part of the module creates.</summary>
    /// <param name="component">The part of the module.</param>
    public static string NamePrefix(string component) => $"{Module}-{component}-";

    /// <summary>The argument that names a user to <c>kubectl create rolebinding</c>.</summary>
    /// <param name="user">The user name, which may be that of a service account.</param>
    public static string KubectlSubject(string user) => user.StartsWith(ServiceAccountPrefix, StringComparison.Ordinal)
        ? $"--serviceaccount={user[ServiceAccountPrefix.Length..]}"
        : $"--user={user}";
}
