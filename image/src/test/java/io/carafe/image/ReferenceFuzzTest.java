package io.carafe.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.base.CarafeException;
import java.nio.charset.StandardCharsets;

class ReferenceFuzzTest {

    @FuzzTest
    void printedReferencesAreReadAgain(byte[] data) {
        Reference reference;
        try {
            reference = Reference.parse(new String(data, StandardCharsets.UTF_8));
        } catch (CarafeException.InvalidArgument expected) {
            return;
        }
        assertEquals(reference, Reference.parse(reference.toString()));
        assertEquals(false, Reference.isShortName(reference.toString()));
    }
}
