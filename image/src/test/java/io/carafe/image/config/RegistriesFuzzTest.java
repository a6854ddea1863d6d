package io.carafe.image.config;

import static org.junit.jupiter.api.Assertions.assertFalse;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import io.carafe.image.testing.ScratchFile;
import java.io.IOException;

class RegistriesFuzzTest {

    private static final Reference REFERENCE = Reference.parse("registry.example.org/team/app:1");

    @FuzzTest
    void registriesConfLeadsSomewhereOrIsRefused(byte[] data) throws IOException {
        var file = ScratchFile.of(data, "registries.conf");
        try {
            var conf = RegistriesFile.load(file);
            assertFalse(conf.candidates("app").isEmpty());
            assertFalse(conf.endpoints(REFERENCE).isEmpty());
        } catch (CarafeException.InvalidArgument
                | CarafeException.FailedPrecondition
                | CarafeException.PermissionDenied expected) {
            // malformed, or it leads nowhere, or it blocks the registry
        }
    }

    @FuzzTest
    void registriesDirectoryHasALookasideOrIsRefused(byte[] data) throws IOException {
        var file = ScratchFile.of(data, "default.yaml");
        try {
            var directory = RegistriesDirectory.load(file.getParent());
            var _ = directory.attachments(REFERENCE);
            var place = directory.lookaside(REFERENCE);
            assertFalse(place.getScheme().isEmpty(), place.toString());
        } catch (CarafeException.InvalidArgument expected) {
            // malformed
        }
    }
}
