package io.carafe.cli;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;

/** Signs here, not in the daemon: the key stays with whom it belongs to. */
final class SignCommand implements Callable<Integer> {

    static final String PROGRAM = "carafe-sign";

    private final Words words = new Words(
            this,
            "sign",
            "Sign an image at its registry, with all its platforms, with a sigstore key; cosign and skopeo verify it.");
    private final Supplier<String> key =
            words.text("FILE", "private key: of generate-sigstore-key, cosign or skopeo, or PKCS #8", "", "--key");
    private final Supplier<String> passphrase =
            words.text("FILE", "the key's passphrase; otherwise it is asked for", "", "--passphrase-file");
    private final Supplier<String> identity =
            words.text("NAME", "name to sign the image for (default: IMAGE)", "", "--sign-identity");
    private final Supplier<String> registries =
            words.text("FILE", "registries.conf (default: /etc/containers/registries.conf)", "", "--registries-conf");
    private final Supplier<String> image = words.word("IMAGE", "reference, such as registry.example.com/app:1");

    CommandSpec spec() {
        return words.spec();
    }

    @Override
    public Integer call() {
        if (key.get().isEmpty()) {
            throw new Failure("give the private key with --key; carafe generate-sigstore-key makes one");
        }
        return Libexec.become(
                PROGRAM,
                "signs images",
                List.of("sign", key.get(), passphrase.get(), identity.get(), registries.get(), image.get()));
    }
}
