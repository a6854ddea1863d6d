package io.carafe.cri;

import java.lang.reflect.Proxy;
import java.util.Map;

/** An interface of which only some methods are expected to be called, each with what it does. */
final class Scripted {

    interface Answer {
        Object to(Object[] arguments) throws Exception;
    }

    private Scripted() {}

    static <T> T of(Class<T> type, Map<String, Answer> answers) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, method, arguments) -> {
                    var answer = answers.get(method.getName());
                    if (answer == null) {
                        throw new UnsupportedOperationException(type.getSimpleName() + "." + method.getName());
                    }
                    return answer.to(arguments);
                }));
    }
}
