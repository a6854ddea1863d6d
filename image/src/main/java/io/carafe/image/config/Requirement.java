package io.carafe.image.config;

import java.util.List;

/** What a policy demands of an image. */
public sealed interface Requirement {

    /** Its {@code type} in policy.json. */
    String type();

    record AcceptAnything() implements Requirement {
        @Override
        public String type() {
            return "insecureAcceptAnything";
        }
    }

    record Reject() implements Requirement {
        @Override
        public String type() {
            return "reject";
        }
    }

    /**
     * A simple signing signature: an OpenPGP message.
     *
     * @param keys keyrings, of which any key will do
     */
    record SignedBy(List<KeySource> keys, SignedIdentity identity) implements Requirement {
        @Override
        public String type() {
            return "signedBy";
        }
    }

    /** Never implemented by containers/image either: no image meets it. */
    record SignedBaseLayer() implements Requirement {
        @Override
        public String type() {
            return "signedBaseLayer";
        }
    }

    /**
     * A sigstore signature.
     *
     * @param rekorKeys keys of the log that must vouch for the signature; empty if none need to
     */
    record SigstoreSigned(SigstoreTrust trust, List<KeySource> rekorKeys, SignedIdentity identity)
            implements Requirement {
        @Override
        public String type() {
            return "sigstoreSigned";
        }
    }

    /** Who may have made a sigstore signature. */
    sealed interface SigstoreTrust {

        /** The holder of one of these keys. */
        record Keys(List<KeySource> keys) implements SigstoreTrust {}

        /** Whom Fulcio gave a certificate that was valid when the log took the signature in. */
        record Fulcio(KeySource authorities, String oidcIssuer, String subjectEmail) implements SigstoreTrust {}

        /**
         * The holder of a certificate of one's own authority that is valid now.
         *
         * @param intermediates null if there are none
         * @param subjectEmail null if any will do; not both are null
         * @param subjectHostname likewise
         */
        record Pki(KeySource roots, KeySource intermediates, String subjectEmail, String subjectHostname)
                implements SigstoreTrust {}
    }
}
