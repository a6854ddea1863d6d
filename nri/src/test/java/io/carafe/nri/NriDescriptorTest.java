package io.carafe.nri;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import io.carafe.nri.api.NriApi;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Our node resource interface is the published one: every message, field, number, type, enum value and call. */
class NriDescriptorTest {

    private static final String MODULE = "github.com/containerd/nri@v0.12.5";
    private static final String SUM = "h1:sPYUCT4fRbshF0ewiIaFXv2n6+tLIwY0kKII9ycMszY=";

    @Test
    void ourInterfaceIsThatOfThePublishedGoModule() throws Exception {
        var published = FileDescriptorProto.parseFrom(publishedDescriptor());
        assertEquals(bare(published), bare(NriApi.getDescriptor().toProto()));
    }

    private static byte[] publishedDescriptor() throws Exception {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, "go"))),
                "skipped: no go on the PATH, which fetches the published interface to compare with");
        var program = new ProcessBuilder("go", "run", ".", MODULE, SUM, "pkg/api/api.pb.go")
                .directory(Path.of("../proto/src/test/go").toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        program.environment().put("GOTOOLCHAIN", "local");
        var process = program.start();
        var descriptor = process.getInputStream().readAllBytes();
        assertEquals(0, process.waitFor(), "go run in proto/src/test/go");
        return descriptor;
    }

    /** Without what says nothing about the interface: names of files and packages, and of fields in JSON. */
    private static FileDescriptorProto bare(FileDescriptorProto file) {
        var bare = file.toBuilder().clearName().clearOptions();
        bare.getMessageTypeBuilderList().forEach(NriDescriptorTest::strip);
        return bare.build();
    }

    private static void strip(DescriptorProto.Builder message) {
        message.getFieldBuilderList().forEach(field -> field.clearJsonName());
        message.getNestedTypeBuilderList().forEach(NriDescriptorTest::strip);
    }
}
