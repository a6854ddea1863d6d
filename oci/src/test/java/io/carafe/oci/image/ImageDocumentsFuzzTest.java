package io.carafe.oci.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.base.CarafeException;
import io.carafe.oci.Json;
import java.util.List;

class ImageDocumentsFuzzTest {

    @FuzzTest
    void whatIsWrittenIsReadAsTheSame(byte[] data) {
        for (var type : List.of(Manifest.class, Index.class, ImageConfig.class)) {
            Object document;
            try {
                document = Json.read(data, type, "document");
            } catch (CarafeException.InvalidArgument expected) {
                continue;
            }
            assertEquals(document, Json.read(Json.write(document), type, "document written again"));
        }
    }
}
