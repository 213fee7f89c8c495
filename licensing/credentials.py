"""Certificates (X.509) for content credentials: an anchor that is kept offline, and under it, in turns, the key that signs what is shown
and the clock that says when. The profile is the one of C2PA's specification, chapter "Trust model".

A bundle is a private key and its certificate, both PEM, one after the other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from licensing.keyring import OVERLAP, new_pem
from licensing.keys import BadSigner, PublicKey, Signer
from licensing.signers import signer_from_pem

OURS = "Atelier"
# An anchor outlives every key under it. Those are renewed with the working keys; the clock makes what they signed last.
ANCHOR_LIVES = timedelta(days=7300)
PREVIEWS, CLOCK = "previews", "clock"
# What a key may be used for: a purpose that readers of content credentials take without being told, and time stamps.
USES = {PREVIEWS: ExtendedKeyUsageOID.EMAIL_PROTECTION, CLOCK: ExtendedKeyUsageOID.TIME_STAMPING}


@dataclass(frozen=True)
class Turn:
    """The bundles of both keys, to be kept from everybody but the platform, and the anchor's certificate, which is everybody's."""

    previews: bytes
    clock: bytes
    anchor: bytes


@dataclass(frozen=True)
class Identity:
    """Who signs: a signer, wherever its key lies, and its certificates from its own up to the one that the anchor signed."""

    signer: Signer
    chain: tuple[x509.Certificate, ...]

    @property
    def pem(self) -> str:
        return "".join(each.public_bytes(Encoding.PEM).decode() for each in self.chain)


def begin(root: bytes, now: datetime, period: timedelta) -> Turn:
    """`root` is a private key (PEM, Ed25519) of which nothing is known yet."""
    private = _private(root)
    names = _name("root")
    builder = _builder(names, names, private, private, now, ANCHOR_LIVES)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    anchor = builder.add_extension(_usage(signs=False), critical=True).sign(private, None)
    return _turn(private, anchor, now, period)


def rotate(root: bytes, anchor: bytes, now: datetime, period: timedelta) -> Turn:
    """The next keys under the same anchor. What was signed before stays as good as it was."""
    [certificate] = _certificates(anchor)
    private = _private(root)
    if certificate.public_key() != private.public_key():
        raise BadSigner("The anchor's certificate is not of the root key.")
    return _turn(private, certificate, now, period)


def identity(bundle: bytes) -> Identity:
    """Reads a bundle. Raises BadSigner, whose message never repeats the key."""
    chain = _certificates(bundle)
    found = Identity(signer_from_pem(bundle), chain)
    if PublicKey(chain[0].public_key().public_bytes_raw()) != found.signer.public:  # type: ignore[union-attr]
        raise BadSigner("The key is not the one that the certificate names.")
    return found


def require_anchored(who: Identity, use: str, anchors: bytes) -> None:
    """Raises BadSigner unless its chain ends at one of the anchors and its own certificate is for `use`."""
    try:
        said = who.chain[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        raise BadSigner(f"The certificate does not say that it is for {use}.") from None
    if list(said) != [USES[use]]:
        raise BadSigner(f"The certificate is not for {use}.")
    for certificate, issuer in zip(who.chain, who.chain[1:], strict=False):
        _require_issued(certificate, [issuer])
    _require_issued(who.chain[-1], list(_certificates(anchors)))


def _require_issued(certificate: x509.Certificate, issuers: list[x509.Certificate]) -> None:
    for issuer in issuers:
        try:
            return certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            continue
    raise BadSigner("The certificate does not stand under the anchor.")


def _turn(root: Ed25519PrivateKey, anchor: x509.Certificate, now: datetime, period: timedelta) -> Turn:
    return Turn(_bundle(PREVIEWS, root, anchor, now, period), _bundle(CLOCK, root, anchor, now, period), anchor.public_bytes(Encoding.PEM))


def _bundle(use: str, root: Ed25519PrivateKey, anchor: x509.Certificate, now: datetime, period: timedelta) -> bytes:
    pem = new_pem()
    builder = _builder(_name(use), anchor.subject, _private(pem), root, now, period)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    # A clock's purpose must be marked critical (RFC 3161, 2.3).
    builder = builder.add_extension(x509.ExtendedKeyUsage([USES[use]]), critical=use == CLOCK)
    return pem + builder.sign(root, None).public_bytes(Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Ed25519PrivateKey, by: Ed25519PrivateKey, now: datetime, period: timedelta
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - OVERLAP).not_valid_after(now + period)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)


def _name(role: str) -> x509.Name:
    said = {NameOID.ORGANIZATION_NAME: OURS, NameOID.COMMON_NAME: f"{OURS} {role}"}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in said.items()])


def _usage(*, signs: bool) -> x509.KeyUsage:
    """Signing what is shown, or else signing certificates."""
    nothing = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    return x509.KeyUsage(
        digital_signature=signs, key_cert_sign=not signs, crl_sign=not signs, encipher_only=False, decipher_only=False, **nothing
    )


def _private(pem: bytes) -> Ed25519PrivateKey:
    try:
        found = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise BadSigner("The root key of content credentials is not an unencrypted Ed25519 PEM key.")
    return found


def _certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise BadSigner("There is no certificate in it that can be read.") from None
