package io.carafe.runtime.oci;

import io.carafe.oci.runtime.Seccomp;
import io.carafe.runtime.plan.Bytes;
import io.carafe.runtime.plan.SeccompFilters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Filters that one JVM leaves to the next. Nearly all containers of a host have the profile of their engine, and to have
 * libseccomp compile that takes longer than everything else that {@code carafe-oci-compile} does.
 *
 * <p>A file has the digest of its profile for a name, and begins with a digest of that name and of the program, so that one which
 * is damaged, or lies under another name, is none. The directory must be the caller's own and closed to everybody else: who can
 * write there decides what a container may do, as who can write plans does. Nothing here ever fails: where a filter cannot be
 * kept or found, it is compiled.
 *
 * @param directory made where it is missing; on a file system that a boot empties
 * @param makers the files that decide what becomes of a profile: when one of them changes, what was kept counts no more
 */
record KeptFilters(Path directory, List<Path> makers, SeccompFilters compiler) implements SeccompFilters {

    private static final int MOST = 64;
    private static final int DIGEST = 32;
    private static final int MAX_PROGRAM = 8 * 4096; // of the kernel: BPF_MAXINSNS
    private static final int OTHERS = 0077;

    /** Where filters are kept for whoever runs this: root's place, a user's, or none. */
    static SeccompFilters of(SeccompFilters compiler) {
        var runtime = System.getenv("XDG_RUNTIME_DIR");
        var root = System.getProperty("user.name").equals("root");
        var jar = System.getProperty("java.class.path");
        if (!root && (runtime == null || !runtime.startsWith("/"))) {
            return compiler;
        }
        // ldconfig writes the second one anew whenever a library is installed
        var makers = List.of(Path.of(jar), Path.of("/etc/ld.so.cache"));
        return new KeptFilters(Path.of(root ? "/run" : runtime, "carafe-oci.filters"), makers, compiler);
    }

    @Override
    public Bytes compile(Seccomp profile) {
        var name = "";
        try {
            name = isOurs() ? name(profile) : "";
            var kept = name.isEmpty() ? Optional.<Bytes>empty() : read(name);
            if (kept.isPresent()) {
                return kept.get();
            }
        } catch (IOException e) {
            name = "";
        }
        var program = compiler.compile(profile);
        try {
            if (!name.isEmpty()) {
                keep(name, program.toArray());
            }
        } catch (IOException e) {
            return program; // the next one compiles it again
        }
        return program;
    }

    /** Makes the directory; whether nobody else can write to it. */
    private boolean isOurs() throws IOException {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            var closed = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
            Files.createDirectory(directory, closed);
        }
        var found = Files.readAttributes(directory, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
        var own = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        return found.get("uid").equals(own) && ((int) found.get("mode") & OTHERS) == 0;
    }

    private String name(Seccomp profile) throws IOException {
        var text = new StringBuilder();
        for (var maker : makers) {
            text.append(Files.readAttributes(maker, "unix:dev,ino,size,lastModifiedTime"));
        }
        describe(profile, text);
        return HexFormat.of().formatHex(digest(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /** All that a program is made of, so that two profiles have the same text only if they are the same. */
    private static void describe(Seccomp profile, StringBuilder out) {
        word(profile.defaultAction(), out);
        word(profile.defaultErrnoRet(), out);
        out.append(profile.architectures().size()).append(' ');
        profile.architectures().forEach(one -> word(one, out));
        for (var rule : profile.syscalls()) {
            word(rule.action(), out);
            word(rule.errnoRet(), out);
            out.append(rule.names().size()).append(' ');
            rule.names().forEach(one -> word(one, out));
            out.append(rule.args().size()).append(' ');
            for (var argument : rule.args()) {
                out.append(argument.index()).append(' ');
                out.append(argument.value())
                        .append(' ')
                        .append(argument.valueTwo())
                        .append(' ');
                word(argument.op(), out);
            }
        }
    }

    private static void word(Object value, StringBuilder out) {
        var text = String.valueOf(value);
        out.append(text.length()).append(':').append(text);
    }

    private Optional<Bytes> read(String name) throws IOException {
        var file = directory.resolve(name);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        byte[] content;
        try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            content = in.readNBytes(DIGEST + MAX_PROGRAM);
        }
        if (content.length <= DIGEST) {
            return Optional.empty();
        }
        var program = Arrays.copyOfRange(content, DIGEST, content.length);
        boolean whole = Arrays.equals(content, 0, DIGEST, seal(name, program), 0, DIGEST);
        return whole ? Optional.of(Bytes.of(program)) : Optional.empty();
    }

    /** Whole or not at all. */
    private void keep(String name, byte[] program) throws IOException {
        try (var entries = Files.newDirectoryStream(directory)) {
            var all = entries.iterator();
            for (int count = 1; all.hasNext(); count++) {
                var one = all.next();
                if (count >= MOST) {
                    Files.deleteIfExists(one);
                }
            }
        }
        var beside = directory.resolve(name + "." + ProcessHandle.current().pid());
        try (var out = FileChannel.open(beside, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
            var bytes = ByteBuffer.allocate(DIGEST + program.length)
                    .put(seal(name, program))
                    .put(program)
                    .flip();
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        }
        Files.move(beside, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private static byte[] seal(String name, byte[] program) {
        return digest(name.getBytes(StandardCharsets.US_ASCII), program);
    }

    private static byte[] digest(byte[]... parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (var part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
