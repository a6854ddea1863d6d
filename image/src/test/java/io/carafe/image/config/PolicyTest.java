package io.carafe.image.config;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
        return Policy.parse("policy.json", json.getBytes(StandardCharsets.UTF_8));
    }

    private static void check(String reference) {
        POLICY.check(Reference.parse(reference));
    }

    @Test
    void mostSpecificScopeDecides() {
        assertDoesNotThrow(() -> check("nginx"));
        assertDoesNotThrow(() -> check("a.b.example.com/x"));
        var e = assertThrows(CarafeException.PermissionDenied.class, () -> check("evil:1"));
        assertTrue(e.getMessage().contains("scope 'docker.io/library/evil'"), e.getMessage());
        assertThrows(CarafeException.PermissionDenied.class, () -> check("quay.io/a:other"));
    }

    @Test
    void requirementThatCannotBeCheckedRefusesTheImage() {
        var e = assertThrows(CarafeException.FailedPrecondition.class, () -> check("quay.io/a:signed"));
        assertTrue(e.getMessage().contains("signedBy"), e.getMessage());
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
