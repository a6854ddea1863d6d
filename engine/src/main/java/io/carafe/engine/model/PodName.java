package io.carafe.engine.model;

import io.carafe.base.CarafeException;

/**
 * What makes a pod unique to its caller: running the same name twice joins or returns the first (guarantee 1).
 *
 * @param attempt how often the caller has made this pod anew
 */
public record PodName(String name, String namespace, String uid, int attempt) {

    public PodName {
        if (name.isEmpty() || namespace.isEmpty() || uid.isEmpty()) {
            throw new CarafeException.InvalidArgument("pod metadata must have name, namespace and uid, got name \""
                    + name + "\", namespace \"" + namespace + "\", uid \"" + uid + "\"");
        }
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
