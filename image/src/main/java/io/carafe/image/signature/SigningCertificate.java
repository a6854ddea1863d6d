package io.carafe.image.signature;

import io.carafe.base.CarafeException;
import io.carafe.image.config.KeySource;
import io.carafe.image.config.Requirement.SigstoreTrust;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.stream.Collectors;

/** The certificate that came with a signature, until it is verified hostile like all else. */
final class SigningCertificate {

    private static final String CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
    private static final String ANY_USE = "2.5.29.37.0";
    /** Fulcio's OIDC issuer: the characters themselves. */
    private static final String ISSUER_V1 = "1.3.6.1.4.1.57264.1.1";
    /** The same as an ASN.1 UTF8String. */
    private static final String ISSUER_V2 = "1.3.6.1.4.1.57264.1.8";

    private static final int SAN_EMAIL = 1;
    private static final int SAN_DNS = 2;
    private static final int MAX_CHAIN = 8;

    private final X509Certificate certificate;
    private final List<X509Certificate> intermediates;

    private SigningCertificate(X509Certificate certificate, List<X509Certificate> intermediates) {
        this.certificate = certificate;
        this.intermediates = intermediates;
    }

    /**
     * @param pem one certificate
     * @param chain those between it and the authority, perhaps with the authority; null for none
     */
    static SigningCertificate read(String pem, String chain) throws NotAccepted {
        try {
            var own = certificates(pem.getBytes(StandardCharsets.UTF_8), "certificate");
            if (own.size() != 1) {
                throw new NotAccepted("it must have one certificate, not " + own.size());
            }
            var between = chain == null || chain.isBlank()
                    ? List.<X509Certificate>of()
                    : certificates(chain.getBytes(StandardCharsets.UTF_8), "chain");
            if (between.size() > MAX_CHAIN) {
                throw new NotAccepted("its chain has more than " + MAX_CHAIN + " certificates");
            }
            return new SigningCertificate(own.getFirst(), between);
        } catch (CarafeException.InvalidArgument e) {
            throw new NotAccepted("its certificate is malformed: " + e.getMessage(), e);
        }
    }

    private static List<X509Certificate> certificates(byte[] pem, String what) {
        var certificates = new ArrayList<X509Certificate>();
        try {
            var factory = CertificateFactory.getInstance("X.509");
            for (var block : Pem.blocks(pem, "CERTIFICATE", what)) {
                certificates.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block)));
            }
        } catch (CertificateException e) {
            throw new CarafeException.InvalidArgument(what + ": " + e.getMessage(), e);
        }
        return certificates;
    }

    byte[] encoded() throws NotAccepted {
        try {
            return certificate.getEncoded();
        } catch (CertificateException e) {
            throw new NotAccepted("its certificate is malformed: " + e.getMessage(), e);
        }
    }

    /**
     * The key, if Fulcio gave it to the subject of the policy.
     *
     * @param time when the log took the signature in: Fulcio's certificates live for minutes
     */
    PublicKey verify(SigstoreTrust.Fulcio trust, Instant time) throws NotAccepted {
        verifyChain(certificates(trust.authorities().read(), "CA " + trust.authorities()), intermediates, time);
        var issuer = oidcIssuer();
        if (!issuer.equals(trust.oidcIssuer())) {
            throw new NotAccepted("its certificate was issued on the word of \"" + printable(issuer) + "\", not of \""
                    + trust.oidcIssuer() + "\"");
        }
        checkName(SAN_EMAIL, trust.subjectEmail(), "e-mail address");
        return certificate.getPublicKey();
    }

    /** The key, if an authority of one's own certifies it now. */
    PublicKey verify(SigstoreTrust.Pki trust) throws NotAccepted {
        var between = new ArrayList<>(intermediates);
        KeySource more = trust.intermediates();
        if (more != null) {
            between.addAll(certificates(more.read(), "intermediate CA " + more));
        }
        verifyChain(certificates(trust.roots().read(), "CA " + trust.roots()), between, Instant.now());
        if (trust.subjectEmail() != null) {
            checkName(SAN_EMAIL, trust.subjectEmail(), "e-mail address");
        }
        if (trust.subjectHostname() != null) {
            checkName(SAN_DNS, trust.subjectHostname(), "host name");
        }
        return certificate.getPublicKey();
    }

    private void verifyChain(List<X509Certificate> authorities, List<X509Certificate> between, Instant time)
            throws NotAccepted {
        try {
            var target = new X509CertSelector();
            target.setCertificate(certificate);
            var anchors = authorities.stream()
                    .map(authority -> new TrustAnchor(authority, null))
                    .collect(Collectors.toSet());
            var parameters = new PKIXBuilderParameters(anchors, target);
            parameters.setRevocationEnabled(false); // there is nobody to ask: Rekor's time takes its place
            parameters.setDate(Date.from(time));
            parameters.setMaxPathLength(MAX_CHAIN);
            var all = new ArrayList<>(between);
            all.add(certificate);
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(all)));
            CertPathBuilder.getInstance("PKIX").build(parameters);
            var uses = certificate.getExtendedKeyUsage();
            if (uses == null || !(uses.contains(CODE_SIGNING) || uses.contains(ANY_USE))) {
                throw new NotAccepted("its certificate is not for code signing");
            }
        } catch (CertPathBuilderException e) {
            throw new NotAccepted(
                    "its certificate is not of the policy's authority, or was not valid at " + time + " ("
                            + certificate.getNotBefore().toInstant() + " to "
                            + certificate.getNotAfter().toInstant() + "): " + reason(e),
                    e);
        } catch (GeneralSecurityException e) {
            throw new NotAccepted("its certificate cannot be verified: " + e.getMessage(), e);
        }
    }

    private static String reason(Throwable e) {
        var cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage();
    }

    private String oidcIssuer() throws NotAccepted {
        var first = octets(certificate.getExtensionValue(ISSUER_V1));
        var encoded = octets(certificate.getExtensionValue(ISSUER_V2));
        var second = encoded == null ? null : der(encoded, 0x0C);
        if (first == null && second == null) {
            throw new NotAccepted("its certificate does not say on whose word it was issued");
        }
        var v1 = first == null ? null : new String(first, StandardCharsets.UTF_8);
        var v2 = second == null ? null : new String(second, StandardCharsets.UTF_8);
        if (v1 != null && v2 != null && !v1.equals(v2)) {
            throw new NotAccepted("its certificate names two issuers");
        }
        return v2 == null ? v1 : v2;
    }

    /** An extension's value is wrapped in an OCTET STRING. */
    private static byte[] octets(byte[] extension) throws NotAccepted {
        return extension == null ? null : der(extension, 0x04);
    }

    /** The content of the one element that {@code der} is, with at most two bytes of length. */
    private static byte[] der(byte[] der, int tag) throws NotAccepted {
        int header = 2;
        int length = der.length < 2 ? -1 : der[1] & 0xFF;
        if (length == 0x81 && der.length > 2) {
            length = der[2] & 0xFF;
            header = 3;
        } else if (length == 0x82 && der.length > 3) {
            length = ((der[2] & 0xFF) << 8) | (der[3] & 0xFF);
            header = 4;
        }
        if (length < 0 || (der[0] & 0xFF) != tag || header + length != der.length) {
            throw new NotAccepted("its certificate names its issuer in a malformed way");
        }
        return java.util.Arrays.copyOfRange(der, header, der.length);
    }

    private void checkName(int kind, String wanted, String what) throws NotAccepted {
        Collection<List<?>> names;
        try {
            names = certificate.getSubjectAlternativeNames();
        } catch (CertificateException e) {
            throw new NotAccepted("its certificate is malformed: " + e.getMessage(), e);
        }
        var found = (names == null ? List.<List<?>>of() : names)
                .stream()
                        .filter(name -> name.getFirst() instanceof Integer type && type == kind)
                        .map(name -> String.valueOf(name.get(1)))
                        .toList();
        boolean matches = kind == SAN_DNS ? found.stream().anyMatch(wanted::equalsIgnoreCase) : found.contains(wanted);
        if (!matches) {
            throw new NotAccepted(
                    "its certificate is for the " + what + " " + printable(found.toString()) + ", not for " + wanted);
        }
    }

    private static String printable(String text) {
        var shown = text.replaceAll("[^\\x20-\\x7E]", "?");
        return shown.length() > 200 ? shown.substring(0, 200) + "…" : shown;
    }
}
