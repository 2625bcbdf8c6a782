using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace KubeCheckpoint.Benchmarks.Synthetic;

/// <summary>Fills in what other readers insist on: CRIU writes many fields that are zero, and its definitions require them.</summary>
internal static class RequiredFields
{
    public static T Complete<T>(T message)
        where T : IMessage
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => !field.IsRepeated))
        {
            if (field.FieldType != FieldType.Message)
                SetDefault(message, field);
            else if (field.Accessor.GetValue(message) is IMessage inner)
                Complete(inner);
        }
        return message;
    }

    // Reading a field that is not set gives its default; setting it to that makes it be written.
    private static void SetDefault(IMessage message, FieldDescriptor field)
    {
        if (!field.Accessor.HasValue(message))
            field.Accessor.SetValue(message, field.Accessor.GetValue(message));
    }
}
