package io.carafe.cri;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.carafe.base.CarafeException;
import io.carafe.proto.cri.v1.ContainerConfig;
import io.carafe.proto.cri.v1.LinuxContainerResources;
import io.carafe.proto.cri.v1.PodSandboxConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * No field of a request is dropped in silence: in a message with every field set, each one is changed in turn, and the
 * engine must either see a difference or refuse it. What is ignored on purpose is listed here with its reason.
 */
class ConfigFieldsTest {

    /** Of ContainerConfig. */
    private static final Set<String> IGNORED_OF_CONTAINERS = Set.of(
            // Settings for Windows nodes.
            "windows",
            // Hints for choosing an image while pulling; here it is chosen already.
            "image.annotations",
            "mounts.image.annotations",
            // One image serves all runtime handlers.
            "image.runtime_handler",
            "mounts.image.runtime_handler",
            // Set by the runtime in answers: the id of the image that was mounted.
            "image.image_ref",
            "mounts.image.image_ref",
            // What the user wrote for an image volume; nothing reports it.
            "mounts.image.user_specified_image",
            // The deprecated strings count only where the messages that replaced them are not set; see
            // SecurityMessagesTest.
            "linux.security_context.seccomp_profile_path",
            "linux.security_context.apparmor_profile");

    /** Of PodSandboxConfig. */
    private static final Set<String> IGNORED_OF_PODS = Set.of("windows", "linux.security_context.seccomp_profile_path");

    @Test
    void everyFieldOfAContainerConfigIsSeenOrRefused() {
        assertEquals(
                new TreeSet<>(IGNORED_OF_CONTAINERS),
                ignored(
                        ContainerConfig.newBuilder(),
                        message -> ContainerMessages.config((ContainerConfig) message),
                        builder -> builder.getLinuxBuilder()
                                .getSecurityContextBuilder()
                                // run_as_user excludes it, see the next test
                                .clearRunAsUsername()));
    }

    @Test
    void aUserNameOfAContainerConfigIsSeen() {
        Consumer<ContainerConfig.Builder> named =
                builder -> builder.getLinuxBuilder().getSecurityContextBuilder().clearRunAsUser();
        assertEquals(
                new TreeSet<>(IGNORED_OF_CONTAINERS),
                ignored(
                        ContainerConfig.newBuilder(),
                        message -> ContainerMessages.config((ContainerConfig) message),
                        named));
    }

    @Test
    void everyFieldOfAPodSandboxConfigIsSeenOrRefused() {
        assertEquals(
                new TreeSet<>(IGNORED_OF_PODS),
                ignored(
                        PodSandboxConfig.newBuilder(),
                        message -> PodMessages.config((PodSandboxConfig) message, "runc"),
                        builder -> {}));
    }

    @Test
    void everyLimitOfAnUpdateIsSeen() {
        assertEquals(
                Set.of(),
                ignored(
                        LinuxContainerResources.newBuilder(),
                        message -> ResourceMessages.forUpdate((LinuxContainerResources) message),
                        builder -> {}));
    }

    @Test
    void limitsComeBackInAStatusAsTheyWereAskedFor() {
        var builder = LinuxContainerResources.newBuilder();
        fill(builder, 1);
        var message = builder.build();
        assertEquals(message, ResourceMessages.message(ResourceMessages.forCreation(message)));
    }

    private static <B extends Message.Builder> Set<String> ignored(
            B builder, Function<Message, Object> translation, Consumer<B> adjustment) {
        fill(builder, 1);
        adjustment.accept(builder);
        var message = builder.build();
        var expected = VerboseInfo.json(translation.apply(message));
        var ignored = new TreeSet<String>();
        for (var variant : variants("", message)) {
            if (!variant.path().startsWith("windows.") && seesNoDifference(translation, variant.message(), expected)) {
                ignored.add(variant.path());
            }
        }
        return ignored;
    }

    private static boolean seesNoDifference(Function<Message, Object> translation, Message variant, String expected) {
        try {
            return VerboseInfo.json(translation.apply(variant)).equals(expected);
        } catch (CarafeException.InvalidArgument refused) {
            return false;
        }
    }

    private record Variant(String path, Message message) {}

    /** The message with one leaf changed, and with that leaf missing, for every leaf that is set in it. */
    private static List<Variant> variants(String prefix, Message message) {
        var variants = new ArrayList<Variant>();
        for (var field : message.getAllFields().keySet()) {
            var path = prefix + field.getName();
            if (isLeaf(field)) {
                var builder = message.toBuilder().clearField(field);
                fill(builder, field, 2);
                variants.add(new Variant(path, builder.build()));
                variants.add(
                        new Variant(path, message.toBuilder().clearField(field).build()));
                continue;
            }
            var inner = (Message) (field.isRepeated() ? message.getRepeatedField(field, 0) : message.getField(field));
            for (var variant : variants(path + ".", inner)) {
                var builder = message.toBuilder();
                if (field.isRepeated()) {
                    builder.setRepeatedField(field, 0, variant.message());
                } else {
                    builder.setField(field, variant.message());
                }
                variants.add(new Variant(variant.path(), builder.build()));
            }
            if (path.equals("windows")) {
                variants.add(
                        new Variant(path, message.toBuilder().clearField(field).build()));
            }
        }
        return variants;
    }

    private static boolean isLeaf(FieldDescriptor field) {
        return field.getJavaType() != FieldDescriptor.JavaType.MESSAGE || field.isMapField();
    }

    private static void fill(Message.Builder builder, int variant) {
        builder.getDescriptorForType().getFields().forEach(field -> fill(builder, field, variant));
    }

    private static void fill(Message.Builder builder, FieldDescriptor field, int variant) {
        if (field.isRepeated()) {
            builder.addRepeatedField(field, value(builder, field, variant));
        } else {
            builder.setField(field, value(builder, field, variant));
        }
    }

    /** For enums of more than two values 1 and 2, except where that is not valid. */
    private static Object value(Message.Builder builder, FieldDescriptor field, int variant) {
        return switch (field.getJavaType()) {
            case INT -> 10 + variant;
            case LONG -> 100L + variant;
            case BOOLEAN -> variant == 1;
            case STRING -> field.getName() + variant;
            case BYTE_STRING -> ByteString.copyFromUtf8(field.getName() + variant);
            case ENUM -> enumValue(field, variant);
            case MESSAGE -> {
                var inner = builder.newBuilderForField(field);
                fill(inner, variant);
                yield inner.build();
            }
            case FLOAT, DOUBLE -> throw new IllegalArgumentException("no config has a " + field);
        };
    }

    private static EnumValueDescriptor enumValue(FieldDescriptor field, int variant) {
        var values = field.getEnumType().getValues();
        return switch (field.getFullName()) {
            case "runtime.v1.UserNamespace.mode" -> values.get(variant == 1 ? 0 : 1);
            case "runtime.v1.SecurityProfile.profile_type" -> values.get(variant == 1 ? 2 : 0);
            default -> values.get(variant == 1 ? 1 : variant % values.size());
        };
    }
}
