package io.carafe.image.auth;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.base.CarafeException;
import io.carafe.image.Reference;
import io.carafe.image.testing.ScratchFile;
import java.io.IOException;

class AuthFileFuzzTest {

    private static final Reference REFERENCE = Reference.parse("registry.example.org/team/app:1");

    @FuzzTest
    void credentialsAreFoundOrTheFileIsRefused(byte[] data) throws IOException {
        var file = ScratchFile.of(data, "auth.json");
        try {
            var auths = AuthFile.load(file);
            auths.entry(REFERENCE).ifPresent(AuthFile.Entry::credentials);
            var _ = auths.helper(REFERENCE);
        } catch (CarafeException.FailedPrecondition | CarafeException.InvalidArgument expected) {
            // the file, or what it says of this registry, is malformed
        }
    }
}
