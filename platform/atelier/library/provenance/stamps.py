"""What a time stamp is made of: RFC 3161 (2.4), and of RFC 5652 (5.1) as much as goes around it."""

from typing import Annotated

from cryptography.hazmat.asn1 import TLV, Default, Explicit, GeneralizedTime, Implicit, Null, SetOf, decode_der, encode_der, sequence
from cryptography.x509 import Certificate, ObjectIdentifier


@sequence
class Algorithm:
    algorithm: ObjectIdentifier
    parameters: Null | None


@sequence
class Imprint:
    algorithm: Algorithm
    digest: bytes


@sequence
class Request:
    version: int
    imprint: Imprint
    policy: ObjectIdentifier | None
    nonce: int | None
    wants_certificate: Annotated[bool, Default(False)]
    extensions: Annotated[list[TLV] | None, Implicit(0)]


@sequence
class Told:
    version: int
    policy: ObjectIdentifier
    imprint: Imprint
    serial: int
    at: GeneralizedTime
    nonce: int | None


@sequence
class Attribute:
    name: ObjectIdentifier
    values: SetOf[TLV]


@sequence
class CertificateDigest:
    digest: bytes


@sequence
class SigningCertificate:
    certificates: list[CertificateDigest]


@sequence
class IssuerAndSerial:
    issuer: TLV
    serial: int


@sequence
class Signer:
    version: int
    certificate: IssuerAndSerial
    digested_by: Algorithm
    attributes: Annotated[SetOf[Attribute], Implicit(0)]
    signed_by: Algorithm
    signature: bytes


@sequence
class Content:
    kind: ObjectIdentifier
    content: Annotated[bytes, Explicit(0)]


@sequence
class SignedData:
    version: int
    digested_by: SetOf[Algorithm]
    content: Content
    certificates: Annotated[SetOf[Certificate], Implicit(0)]
    signers: SetOf[Signer]


@sequence
class Token:
    kind: ObjectIdentifier
    signed: Annotated[SignedData, Explicit(0)]


@sequence
class Status:
    status: int


@sequence
class Response:
    status: Status
    token: Token


def attribute(name: ObjectIdentifier, value: object) -> Attribute:
    return Attribute(name=name, values=SetOf([decode_der(TLV, encode_der(value))]))
