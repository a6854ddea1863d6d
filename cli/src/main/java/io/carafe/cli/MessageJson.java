package io.carafe.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A protobuf message as maps and lists for {@link JsonText}: the fields that are set, under their JSON names. */
final class MessageJson {

    private MessageJson() {}

    static Map<String, Object> of(Message message) {
        var object = new LinkedHashMap<String, Object>();
        for (var field : message.getDescriptorForType().getFields()) {
            if (field.isMapField()) {
                if (message.getRepeatedFieldCount(field) > 0) {
                    object.put(field.getJsonName(), map((List<?>) message.getField(field)));
                }
            } else if (field.isRepeated()) {
                if (message.getRepeatedFieldCount(field) > 0) {
                    object.put(
                            field.getJsonName(),
                            ((List<?>) message.getField(field))
                                    .stream().map(value -> value(field, value)).toList());
                }
            } else if (!field.hasPresence() || message.hasField(field)) {
                object.put(field.getJsonName(), value(field, message.getField(field)));
            }
        }
        return object;
    }

    private static Map<String, Object> map(List<?> entries) {
        var sorted = new TreeMap<String, Object>();
        for (var entry : entries) {
            if (entry instanceof MapEntry<?, ?> pair) {
                sorted.put(
                        pair.getKey().toString(),
                        pair.getValue() instanceof Message message ? of(message) : pair.getValue());
            }
        }
        return sorted;
    }

    private static Object value(FieldDescriptor field, Object value) {
        return switch (value) {
            case Message message -> of(message);
            case EnumValueDescriptor constant -> constant.getName();
            case ByteString bytes ->
                bytes.isValidUtf8() ? bytes.toStringUtf8() : Base64.getEncoder().encodeToString(bytes.toByteArray());
            case Long number
            when field.getType() == FieldDescriptor.Type.UINT64 -> new JsonText.Raw(Long.toUnsignedString(number));
            default -> value;
        };
    }
}
