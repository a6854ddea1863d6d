package io.carafe.image.config;

import static org.junit.jupiter.api.Assertions.assertFalse;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.carafe.base.CarafeException;
import io.carafe.image.Reference;

class PolicyFuzzTest {

    private static final Reference REFERENCE = Reference.parse("registry.example.org/team/app:1");

    @FuzzTest
    void everyPolicySaysSomethingOfEveryImage(byte[] data) {
        Policy policy;
        try {
            policy = PolicyFile.parse("policy.json", data);
        } catch (CarafeException.InvalidArgument expected) {
            return;
        }
        assertFalse(policy.rule(REFERENCE).requirements().isEmpty());
    }
}
