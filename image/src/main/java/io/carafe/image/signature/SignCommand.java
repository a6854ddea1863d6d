package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.base.Deadline;
import io.carafe.image.Reference;
import io.carafe.image.auth.CredentialStore;
import io.carafe.image.config.KeySource;
import io.carafe.image.config.RegistriesConf;
import io.carafe.image.config.RegistriesFile;
import io.carafe.image.registry.RegistryClient;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;

/**
 * The program behind {@code carafe sign} and {@code carafe generate-sigstore-key}. It runs as the user, without the daemon,
 * which never sees a private key. Its words come from the command and are by place, empty where nothing was said:
 *
 * <pre>
 * sign     KEY PASSPHRASE-FILE IDENTITY REGISTRIES-CONF IMAGE
 * generate PREFIX PASSPHRASE-FILE
 * </pre>
 */
public final class SignCommand {

    private static final int LONGEST_PASSPHRASE = 64 << 10;

    private SignCommand() {}

    public static void main(String[] words) {
        try {
            run(List.of(words), System.out);
        } catch (CarafeException e) {
            System.err.println("carafe: " + e.getMessage());
            System.exit(1);
        }
    }

    static void run(List<String> words, PrintStream out) {
        switch (words.isEmpty() ? "" : words.getFirst()) {
            case "sign" -> sign(words.subList(1, 6), out);
            case "generate" -> generate(words.get(1), words.get(2), out);
            default -> throw new CarafeException.InvalidArgument("expected sign or generate");
        }
    }

    private static void sign(List<String> words, PrintStream out) {
        var file = Path.of(words.get(0));
        var pem = new KeySource.InFile(file).read();
        var passphrase = SigningKey.isEncrypted(pem) ? passphrase(words.get(1), "Passphrase of " + file + ": ") : "";
        var key = SigningKey.read(pem, passphrase, "key " + file);
        var registries =
                RegistriesFile.load(words.get(3).isEmpty() ? RegistriesFile.DEFAULT_PATH : Path.of(words.get(3)));
        var image = reference(registries, words.get(4));
        var identity = words.get(2).isEmpty() ? image : Reference.parse(words.get(2));
        try (var client = new RegistryClient()) {
            // mirrors are for pulls: what is pushed goes to the registry itself
            var endpoint = registries.endpoints(image).getLast();
            var auth = CredentialStore.ofUser(System.getenv())
                    .find(endpoint.reference(), registries, Deadline.none())
                    .auth();
            new ImageSigner(client.repository(endpoint, auth), key, Deadline.none())
                    .sign(identity)
                    .forEach(out::println);
        }
    }

    private static Reference reference(RegistriesConf registries, String name) {
        var candidates = registries.candidates(name);
        if (candidates.size() > 1) {
            throw new CarafeException.InvalidArgument(
                    "image " + name + ": it may mean one of " + candidates + "; write the full name");
        }
        return candidates.getFirst();
    }

    private static void generate(String prefix, String passphraseFile, PrintStream out) {
        var generated = SigningKey.generate(passphrase(passphraseFile, "Passphrase for the new key: "));
        write(Path.of(prefix + ".private"), generated.privateKey(), "rw-------");
        write(Path.of(prefix + ".pub"), generated.publicKey(), "rw-r--r--");
        out.println("Key written to \"" + prefix + ".private\" and \"" + prefix + ".pub\"");
    }

    /** Nothing that is there is lost. */
    private static void write(Path file, String content, String mode) {
        var attributes = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
        var options = EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (var channel = Files.newByteChannel(file, options, attributes)) {
            var bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (FileAlreadyExistsException e) {
            throw new CarafeException.AlreadyExists("key file " + file + " is there already", e);
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("key file " + file + ": cannot be written: " + e, e);
        }
    }

    /** Of the file's first line, or asked for. */
    private static String passphrase(String file, String prompt) {
        if (file.isEmpty()) {
            var console = System.console();
            var typed = console.isTerminal() ? console.readPassword(prompt) : null;
            if (typed == null) {
                throw new CarafeException.InvalidArgument(
                        "there is no terminal to ask for the passphrase: give --passphrase-file");
            }
            return new String(typed);
        }
        try {
            if (Files.size(Path.of(file)) > LONGEST_PASSPHRASE) {
                throw new CarafeException.InvalidArgument("passphrase file " + file + ": it is too long");
            }
            return Files.readString(Path.of(file)).lines().findFirst().orElse("");
        } catch (IOException e) {
            throw new CarafeException.FailedPrecondition("passphrase file " + file + ": cannot be read: " + e, e);
        }
    }
}
