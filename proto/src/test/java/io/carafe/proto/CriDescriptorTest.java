package io.carafe.proto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import io.carafe.proto.cri.v1.Api;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Our CRI is the published CRI: every message, field, number, type, label, enum value and RPC. */
class CriDescriptorTest {

    private static final String MODULE = "k8s.io/cri-api@v0.37.0";
    private static final String SUM = "h1:8a3Rpw5NNRivF+q8GO/ECK3BrWT06M4Er8ndzLvTF7k=";

    @Test
    void ourInterfaceHasWhatThePublishedGoModuleHasAndNothingElse() throws Exception {
        var published = FileDescriptorProto.parseFrom(publishedDescriptor());
        var ours = Api.getDescriptor().toProto();

        assertEquals(String.join("\n", facts(published)), String.join("\n", facts(ours)));
        assertEquals(published.getPackage(), ours.getPackage());
        assertEquals(published.getSyntax(), ours.getSyntax());
    }

    @Test
    void thereAre43Calls() {
        var services = Api.getDescriptor().getServices();
        assertEquals(
                37,
                services.stream()
                        .filter(s -> s.getName().equals("RuntimeService"))
                        .findFirst()
                        .orElseThrow()
                        .getMethods()
                        .size());
        assertEquals(
                6,
                services.stream()
                        .filter(s -> s.getName().equals("ImageService"))
                        .findFirst()
                        .orElseThrow()
                        .getMethods()
                        .size());
    }

    private static byte[] publishedDescriptor() throws Exception {
        assumeTrue(goIsOnThePath(), "skipped: no go on the PATH, which fetches the published CRI to compare with");
        var program = new ProcessBuilder("go", "run", ".", MODULE, SUM, "pkg/apis/runtime/v1/api.pb.go")
                .directory(Path.of("src/test/go").toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        program.environment().put("GOTOOLCHAIN", "local");
        var process = program.start();
        var descriptor = process.getInputStream().readAllBytes();
        assertEquals(0, process.waitFor(), "go run in src/test/go");
        return descriptor;
    }

    private static boolean goIsOnThePath() {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "go")));
    }

    /** One line for each fact that the wire, or generated code, depends on. */
    private static SortedSet<String> facts(FileDescriptorProto file) {
        var facts = new TreeSet<String>();
        file.getMessageTypeList().forEach(message -> addMessage(facts, "", message));
        file.getEnumTypeList().forEach(type -> addEnum(facts, "", type));
        file.getServiceList().forEach(service -> addService(facts, service));
        return facts;
    }

    private static void addMessage(SortedSet<String> facts, String scope, DescriptorProto message) {
        var name = scope + message.getName();
        facts.add("message " + name + " reserved " + message.getReservedRangeList() + message.getReservedNameList());
        for (var field : message.getFieldList()) {
            var oneof = field.hasOneofIndex()
                    ? " oneof " + message.getOneofDecl(field.getOneofIndex()).getName()
                    : "";
            facts.add("field %s.%s = %d %s %s %s deprecated=%s%s"
                    .formatted(
                            name,
                            field.getName(),
                            field.getNumber(),
                            field.getLabel(),
                            field.getType(),
                            field.getTypeName(),
                            field.getOptions().getDeprecated(),
                            oneof));
        }
        message.getNestedTypeList().forEach(nested -> addMessage(facts, name + ".", nested));
        message.getEnumTypeList().forEach(nested -> addEnum(facts, name + ".", nested));
    }

    private static void addEnum(SortedSet<String> facts, String scope, EnumDescriptorProto type) {
        for (var value : type.getValueList()) {
            facts.add("enum %s%s.%s = %d".formatted(scope, type.getName(), value.getName(), value.getNumber()));
        }
    }

    private static void addService(SortedSet<String> facts, ServiceDescriptorProto service) {
        for (var method : service.getMethodList()) {
            facts.add("rpc %s.%s(%s%s) %s%s"
                    .formatted(
                            service.getName(),
                            method.getName(),
                            method.getClientStreaming() ? "stream " : "",
                            method.getInputType(),
                            method.getServerStreaming() ? "stream " : "",
                            method.getOutputType()));
        }
    }
}
