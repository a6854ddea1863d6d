package io.carafe.cli;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;

final class GenerateKeyCommand implements Callable<Integer> {

    private final Words words = new Words(
            this, "generate-sigstore-key", "Make a pair of keys to sign images with: PREFIX.private and PREFIX.pub.");
    private final Supplier<String> prefix =
            words.text("PREFIX", "path of both files without ending", "", "--output-prefix");
    private final Supplier<String> passphrase =
            words.text("FILE", "the key's passphrase; otherwise it is asked for", "", "--passphrase-file");

    CommandSpec spec() {
        return words.spec();
    }

    @Override
    public Integer call() {
        if (prefix.get().isEmpty()) {
            throw new Failure("give the place of the keys with --output-prefix");
        }
        return Libexec.become(SignCommand.PROGRAM, "makes keys", List.of("generate", prefix.get(), passphrase.get()));
    }
}
