using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace KubeCheckpoint.Benchmarks.Synthetic;

/// <summary>Sets the fields that other readers require: CRIU writes many fields that are zero, and its definitions require them.</summary>
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

    // A field that is not set reads as its default; it is written once it is set to that.
    private static void SetDefault(IMessage message, FieldDescriptor field)
    {
        if (!field.Accessor.HasValue(message))
            field.Accessor.SetValue(message, field.Accessor.GetValue(message));
    }
}
