package io.carafe.image.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class PolicyTest {

    private static final Policy POLICY = policy("""
            {"default": [{"type": "reject"}],
             "transports": {"docker": {
               "docker.io/library": [{"type": "insecureAcceptAnything"}],
               "docker.io/library/evil": [{"type": "reject"}],
               "quay.io/a:signed": [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/key"}],
               "*.example.com": [{"type": "insecureAcceptAnything"}]}}}
            """);

    private static Policy policy(String json) {
        return PolicyFile.parse("policy.json", json.getBytes(StandardCharsets.UTF_8));
    }

    private static void check(String reference) {
        check(POLICY, reference);
    }

    private static void check(Policy policy, String reference) {
        policy.rule(Reference.parse(reference)).refuseOutright(reference);
    }

    @Test
    void mostSpecificScopeDecides() {
        assertDoesNotThrow(() -> check("nginx"));
        assertDoesNotThrow(() -> check("a.b.example.com/x"));
        var e = assertThrows(CarafeException.PermissionDenied.class, () -> check("evil:1"));
        assertTrue(
                e.getMessage().contains("policy.json: transports.docker[\"docker.io/library/evil\"]: reject"),
                e.getMessage());
        assertThrows(CarafeException.PermissionDenied.class, () -> check("quay.io/a:other"));
    }

    @Test
    void defaultOfTheTransportHoldsBeforeThatOfAll() {
        var policy = policy("""
                {"default": [{"type": "reject"}], "transports": {
                  "docker": {"": [{"type": "insecureAcceptAnything"}]},
                  "dir": {"/srv/images": [{"type": "insecureAcceptAnything"}]}}}
                """);
        assertDoesNotThrow(() -> check(policy, "nginx"));
        assertEquals("policy.json: default", policy.rule("oci", List.of("/srv")).place());
        assertEquals(
                "policy.json: transports.dir[\"/srv/images\"]",
                policy.rule("dir", Policy.scopes(Path.of("/srv/images/web"), ""))
                        .place());
    }

    private static void assertWrong(String why, String requirement) {
        var e = assertThrows(
                CarafeException.InvalidArgument.class, () -> policy("{\"default\": [" + requirement + "]}"));
        assertTrue(e.getMessage().contains(why), e.getMessage());
        assertTrue(e.getMessage().startsWith("policy.json"), e.getMessage());
    }

    @Test
    void whatIsNotKnownIsAnError() {
        assertWrong("the type signedby is unknown", "{\"type\": \"signedby\"}");
        assertWrong("default[0]: the key keypath is unknown", "{\"type\": \"reject\", \"keypath\": \"/x\"}");
        assertWrong("keyType must be GPGKeys", signedBy("X509", "\"keyPath\": \"/x\""));
        assertWrong("exactly one of keyPath", signedBy("GPGKeys", "\"signedIdentity\": {\"type\": \"matchExact\"}"));
        assertWrong("do not go together", signedBy("GPGKeys", "\"keyPath\": \"/x\", \"keyData\": \"eA==\""));
        assertWrong("must be absolute", signedBy("GPGKeys", "\"keyPath\": \"x\""));
        assertWrong("not base64", signedBy("GPGKeys", "\"keyData\": \"?\""));
        assertWrong("a list of strings", signedBy("GPGKeys", "\"keyPaths\": []"));
        assertWrong("must have a tag or a digest", identity("exactReference", "\"dockerReference\": \"a.io/b\""));
        assertWrong("the key x is unknown", identity("matchExact", "\"x\": 1"));
        assertWrong("signedPrefix", identity("remapIdentity", "\"prefix\": \"a.io\""));
        assertWrong("the type 'no' is unknown", identity("no", "\"x\": 1"));
        assertWrong("a key of the Rekor log is needed", """
                {"type": "sigstoreSigned",
                 "fulcio": {"caPath": "/x", "oidcIssuer": "https://x", "subjectEmail": "a@b"}}""");
        assertWrong("default[0].fulcio: subjectEmail: expected a string", """
                {"type": "sigstoreSigned", "rekorPublicKeyPath": "/k",
                 "fulcio": {"caPath": "/x", "oidcIssuer": "https://x"}}""");
        assertWrong("subjectEmail or subjectHostname", """
                {"type": "sigstoreSigned", "pki": {"caRootsPath": "/x"}}""");
        assertThrows(
                CarafeException.InvalidArgument.class,
                () -> policy("{\"default\": [{\"type\": \"reject\"}], \"default\": [{\"type\": \"reject\"}]}"));
        assertThrows(
                CarafeException.InvalidArgument.class,
                () -> policy("{\"default\": [{\"type\": \"reject\"}], \"more\": 1}"));
        assertThrows(
                CarafeException.InvalidArgument.class,
                () -> policy(
                        "{\"default\": [{\"type\": \"reject\"}], \"transports\": {\"dir\": {\"/\": [{\"type\": \"reject\"}]}}}"));
    }

    private static String signedBy(String keyType, String more) {
        return "{\"type\": \"signedBy\", \"keyType\": \"" + keyType + "\", " + more + "}";
    }

    private static String identity(String type, String more) {
        return signedBy(
                "GPGKeys", "\"keyPath\": \"/x\", \"signedIdentity\": {\"type\": \"" + type + "\", " + more + "}");
    }

    @Test
    void baseLayerRequirementIsMetByNothing() {
        var policy = policy("""
                {"default": [{"type": "signedBaseLayer", "baseLayerIdentity": {"type": "matchExact"}}]}""");
        var e = assertThrows(CarafeException.PermissionDenied.class, () -> check(policy, "nginx"));
        assertTrue(Policy.isRefusal(e));
        assertTrue(e.getMessage().contains("default: signedBaseLayer: it is not supported"), e.getMessage());
    }

    @Test
    void policyWithoutADefaultIsRefused() {
        assertThrows(CarafeException.InvalidArgument.class, () -> policy("{\"transports\": {}}"));
        assertThrows(CarafeException.InvalidArgument.class, () -> policy("{\"default\": []}"));
        assertThrows(CarafeException.InvalidArgument.class, () -> policy("{"));
    }

    @Test
    void fileThatWasAskedForMustExist() {
        assertThrows(CarafeException.FailedPrecondition.class, () -> Policy.load(Path.of("/nonexistent/policy.json")));
    }
}
