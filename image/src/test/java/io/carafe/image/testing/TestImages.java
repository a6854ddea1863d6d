package io.carafe.image.testing;

import com.github.luben.zstd.Zstd;
import io.carafe.oci.Digest;
import io.carafe.oci.Json;
import io.carafe.oci.image.Descriptor;
import io.carafe.oci.image.Index;
import io.carafe.oci.image.Manifest;
import io.carafe.oci.image.MediaTypes;
import io.carafe.oci.image.Platform;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Images made in memory: their blobs by digest, manifests among them. */
public final class TestImages {

    public enum Packing {
        PLAIN,
        GZIP,
        ZSTD,
        XZ
    }

    /** @param archive the tar as it is unpacked */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Layer(Descriptor descriptor, Digest diffId, byte[] blob, byte[] archive) {}

    /** @param top descriptor of the manifest or index to pull by */
    public record Made(Descriptor top, List<Layer> layers, Map<Digest, byte[]> blobs) {

        public Digest configDigest() {
            return Json.read(blobs.get(top.digest()), Manifest.class, "manifest")
                    .config()
                    .digest();
        }
    }

    private TestImages() {}

    /** A tar archive with one file of {@code size} bytes that compress to about half. */
    public static byte[] tar(String name, int size, long seed) {
        var content = new byte[size];
        var random = new Random(seed);
        random.nextBytes(content);
        for (int i = 0; i < size; i++) {
            content[i] &= 0x0f;
        }
        var header = new byte[512];
        put(header, 0, name);
        put(header, 100, "0000644\0" + "0000000\0" + "0000000\0");
        put(header, 124, String.format("%011o\0", size));
        put(header, 136, "00000000000\0" + "        " + "0");
        put(header, 257, "ustar\00000");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, String.format("%06o\0 ", sum));
        var out = new ByteArrayOutputStream();
        out.writeBytes(header);
        out.writeBytes(content);
        out.writeBytes(new byte[(512 - size % 512) % 512 + 1024]);
        return out.toByteArray();
    }

    private static void put(byte[] header, int offset, String text) {
        var bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, offset, bytes.length);
    }

    public static Layer layer(byte[] archive, Packing packing) {
        var blob = switch (packing) {
            case PLAIN -> archive;
            case GZIP -> gzip(archive);
            case ZSTD -> Zstd.compress(archive);
            case XZ -> xz(archive);
        };
        var type = switch (packing) {
            case PLAIN -> MediaTypes.OCI_LAYER;
            case GZIP -> MediaTypes.OCI_LAYER_GZIP;
            case ZSTD -> MediaTypes.OCI_LAYER_ZSTD;
            case XZ -> MediaTypes.OCI_LAYER + "+xz";
        };
        return new Layer(new Descriptor(type, Digest.sha256(blob), blob.length), Digest.sha256(archive), blob, archive);
    }

    public static byte[] gzip(byte[] content) {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    public static byte[] xz(byte[] content) {
        var out = new ByteArrayOutputStream();
        try (var xz = new XZOutputStream(out, new LZMA2Options(LZMA2Options.PRESET_MIN))) {
            xz.write(content);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    public static Made image(Layer... layers) {
        return image(new Platform("linux", "amd64", null), layers);
    }

    public static Made image(Platform platform, Layer... layers) {
        var blobs = new LinkedHashMap<Digest, byte[]>();
        var descriptors = new ArrayList<Descriptor>();
        var diffIds = new ArrayList<Digest>();
        for (var layer : layers) {
            blobs.put(layer.descriptor().digest(), layer.blob());
            descriptors.add(layer.descriptor());
            diffIds.add(layer.diffId());
        }
        var config = Json.write(Map.of(
                "created",
                "2026-01-02T03:04:05Z",
                "architecture",
                platform.architecture(),
                "os",
                platform.os(),
                "variant",
                platform.variant() == null ? "" : platform.variant(),
                "config",
                Map.of("Env", List.of("A=b"), "Cmd", List.of("/bin/true"), "User", "1000", "Labels", Map.of("l", "v")),
                "rootfs",
                Map.of("type", "layers", "diff_ids", diffIds)));
        blobs.put(Digest.sha256(config), config);
        var manifest = Json.write(new Manifest(
                MediaTypes.OCI_MANIFEST,
                new Descriptor(MediaTypes.OCI_CONFIG, Digest.sha256(config), config.length),
                descriptors));
        return new Made(top(MediaTypes.OCI_MANIFEST, manifest, blobs).withPlatform(platform), List.of(layers), blobs);
    }

    public static Made index(Made... images) {
        var blobs = new LinkedHashMap<Digest, byte[]>();
        var layers = new ArrayList<Layer>();
        var manifests = new ArrayList<Descriptor>();
        for (var image : images) {
            blobs.putAll(image.blobs());
            layers.addAll(image.layers());
            manifests.add(image.top());
        }
        var index = Json.write(new Index(MediaTypes.OCI_INDEX, manifests));
        return new Made(top(MediaTypes.OCI_INDEX, index, blobs), layers, blobs);
    }

    private static Descriptor top(String type, byte[] content, Map<Digest, byte[]> blobs) {
        blobs.put(Digest.sha256(content), content);
        return new Descriptor(type, Digest.sha256(content), content.length);
    }

    /** Writes the image as an OCI layout, for skopeo. */
    public static void writeLayout(Made image, Path directory) throws IOException {
        var blobs = Files.createDirectories(directory.resolve("blobs/sha256"));
        for (var blob : image.blobs().entrySet()) {
            Files.write(blobs.resolve(blob.getKey().hex()), blob.getValue());
        }
        Files.writeString(directory.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        Files.write(directory.resolve("index.json"), Json.write(new Index(MediaTypes.OCI_INDEX, List.of(image.top()))));
    }
}
