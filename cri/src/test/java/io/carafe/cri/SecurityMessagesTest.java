package io.carafe.cri;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carafe.base.CarafeException;
import io.carafe.engine.model.SecurityConfig.Profile;
import io.carafe.proto.cri.v1.ContainerConfig;
import io.carafe.proto.cri.v1.ContainerMetadata;
import io.carafe.proto.cri.v1.IDMapping;
import io.carafe.proto.cri.v1.Int64Value;
import io.carafe.proto.cri.v1.LinuxContainerSecurityContext;
import io.carafe.proto.cri.v1.LinuxSandboxSecurityContext;
import io.carafe.proto.cri.v1.NamespaceMode;
import io.carafe.proto.cri.v1.NamespaceOption;
import io.carafe.proto.cri.v1.SecurityProfile;
import io.carafe.proto.cri.v1.UserNamespace;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@SuppressWarnings("deprecation") // the old strings are what some of this is about
class SecurityMessagesTest {

    @ParameterizedTest
    @CsvSource({
        "runtime/default, RUNTIME_DEFAULT, ''",
        "docker/default, RUNTIME_DEFAULT, ''",
        "unconfined, UNCONFINED, ''",
        "localhost/my/profile, LOCALHOST, my/profile"
    })
    void deprecatedProfileStringsStillCount(String text, Profile.Kind kind, String ref) {
        var security = SecurityMessages.ofContainer(LinuxContainerSecurityContext.newBuilder()
                .setApparmorProfile(text)
                .setSeccompProfilePath(text)
                .build());
        assertEquals(new Profile(kind, ref), security.apparmor());
        assertEquals(new Profile(kind, ref), security.seccomp());
        var pod = SecurityMessages.ofPod(LinuxSandboxSecurityContext.newBuilder()
                .setSeccompProfilePath(text)
                .build());
        assertEquals(new Profile(kind, ref), pod.seccomp());
    }

    @Test
    void aProfileMessageWinsOverItsDeprecatedString() {
        var security = SecurityMessages.ofContainer(LinuxContainerSecurityContext.newBuilder()
                .setSeccompProfilePath("unconfined")
                .setSeccomp(SecurityProfile.newBuilder().setProfileType(SecurityProfile.ProfileType.RuntimeDefault))
                .build());
        assertEquals(new Profile(Profile.Kind.RUNTIME_DEFAULT, ""), security.seccomp());
        assertNull(security.apparmor());
    }

    @Test
    void thePrefixOfTheDeprecatedStringsIsTakenOffAReference() {
        var profile = SecurityProfile.newBuilder()
                .setProfileType(SecurityProfile.ProfileType.Localhost)
                .setLocalhostRef("localhost/mine");
        var security = SecurityMessages.ofContainer(LinuxContainerSecurityContext.newBuilder()
                .setApparmor(profile)
                .setSeccomp(profile)
                .build());
        assertEquals(new Profile(Profile.Kind.LOCALHOST, "mine"), security.apparmor());
        assertEquals(new Profile(Profile.Kind.LOCALHOST, "mine"), security.seccomp());
    }

    @Test
    void profilesThatMakeNoSenseAreRefused() {
        assertRefused(LinuxContainerSecurityContext.newBuilder().setSeccompProfilePath("nonsense"));
        assertRefused(LinuxContainerSecurityContext.newBuilder()
                .setSeccomp(SecurityProfile.newBuilder().setProfileType(SecurityProfile.ProfileType.Localhost)));
        assertRefused(LinuxContainerSecurityContext.newBuilder()
                .setSeccomp(SecurityProfile.newBuilder().setLocalhostRef("/a")));
    }

    @Test
    void aUserIsNamedInOneWayOnly() {
        assertRefused(LinuxContainerSecurityContext.newBuilder()
                .setRunAsUser(Int64Value.newBuilder().setValue(1))
                .setRunAsUsername("www"));
    }

    private static void assertRefused(LinuxContainerSecurityContext.Builder context) {
        assertThrows(CarafeException.InvalidArgument.class, () -> SecurityMessages.ofContainer(context.build()));
    }

    @ParameterizedTest
    @EnumSource(
            value = NamespaceMode.class,
            names = {"CONTAINER", "TARGET"})
    void aUserNamespaceIsThePodsOrTheNodes(NamespaceMode mode) {
        var options = NamespaceOption.newBuilder()
                .setUsernsOptions(UserNamespace.newBuilder().setMode(mode))
                .build();
        assertThrows(CarafeException.InvalidArgument.class, () -> SecurityMessages.namespaces(options));
    }

    @Test
    void idsOfUserNamespacesAreUnsigned() {
        var options = NamespaceOption.newBuilder()
                .setUsernsOptions(UserNamespace.newBuilder()
                        .addUids(IDMapping.newBuilder().setHostId(-65536).setLength(65536)))
                .build();
        var user = SecurityMessages.namespaces(options).user();
        assertEquals(4294901760L, user.uids().getFirst().hostId());
        assertEquals(options.getUsernsOptions().getUidsList(), SecurityMessages.mappingMessages(user.uids()));
        var node = NamespaceOption.newBuilder()
                .setUsernsOptions(UserNamespace.newBuilder().setMode(NamespaceMode.NODE))
                .build();
        assertNull(SecurityMessages.namespaces(node).user());
    }

    @Test
    void anEmptyContextMasksNothingAndNoContextMasksByDefault() {
        var config = ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName("a"));
        assertNull(ContainerMessages.config(config.build()).security().maskedPaths());
        config.getLinuxBuilder().setSecurityContext(LinuxContainerSecurityContext.getDefaultInstance());
        assertEquals(
                List.of(), ContainerMessages.config(config.build()).security().maskedPaths());
    }
}
