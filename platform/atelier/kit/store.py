"""The object store: S3 through boto3. Three buckets: quarantine (as uploaded), material (checked), models (bases and results).

Web processes never carry the bytes: browsers and workers go to the store with presigned links that live minutes.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from .refused import Refused

QUARANTINE, MATERIAL, MODELS = "quarantine", "material", "models"
LINK_SECONDS = 300
PART_SECONDS = 900
CHUNK = 1 << 20


@dataclass(frozen=True)
class Part:
    """One finished part of a multipart upload."""

    number: int
    etag: str
    bytes: int


@cache
def _client(endpoint: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=settings.S3["access_key"],
        aws_secret_access_key=settings.S3["secret_key"],
        region_name=settings.S3["region"],
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=2,
            read_timeout=20,
            retries={"max_attempts": 3, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def client() -> Any:
    """For calls that we make ourselves."""
    return _client(settings.S3["endpoint_url"])


def _signer() -> Any:
    """For links that others follow: signed for the address under which they reach the store."""
    return _client(settings.S3["public_url"])


def bucket(name: str) -> str:
    return f"{settings.S3['bucket_prefix']}-{name}"


@contextmanager
def _errors_named() -> Iterator[None]:
    """Turns the store's failures into Refused: 404 for a missing object, 503 for a store that is away."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status == 404:
            raise Refused("object_missing", "The file is not in the object store.", status=404) from error
        if status >= 500:
            raise unavailable() from error
        raise
    except (BotoCoreError, Boto3Error) as error:
        raise unavailable() from error


def unavailable() -> Refused:
    return Refused("store_unavailable", "The object store does not answer. Nothing was changed; try again in a moment.", status=503)


def put_bytes(where: str, key: str, data: bytes, content_type: str = "application/octet-stream") -> None:
    with _errors_named():
        client().put_object(Bucket=bucket(where), Key=key, Body=data, ContentType=content_type)


def put_file(where: str, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
    """Uploads a file (multipart when large). The caller checks it with `digest`."""
    with _errors_named():
        client().upload_file(str(path), bucket(where), key, ExtraArgs={"ContentType": content_type})


def get_bytes(where: str, key: str) -> bytes:
    with _errors_named():
        data: bytes = client().get_object(Bucket=bucket(where), Key=key)["Body"].read()
        return data


def head(where: str, key: str, length: int) -> bytes:
    """The first `length` bytes, or all where there are fewer."""
    with _errors_named():
        data: bytes = client().get_object(Bucket=bucket(where), Key=key, Range=f"bytes=0-{length - 1}")["Body"].read()
        return data


def get_file(where: str, key: str, path: Path) -> str:
    """Downloads to `path` and returns the sha256 (hex) of what arrived."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        return _stream(where, key, target)


def digest(where: str, key: str) -> str:
    """The sha256 (hex) of the object as the store gives it back."""
    return _stream(where, key, None)


def _stream(where: str, key: str, target: BinaryIO | None) -> str:
    sha = hashlib.sha256()
    with _errors_named():
        for chunk in client().get_object(Bucket=bucket(where), Key=key)["Body"].iter_chunks(CHUNK):
            sha.update(chunk)
            if target is not None:
                target.write(chunk)
    return sha.hexdigest()


def size(where: str, key: str) -> int:
    with _errors_named():
        return int(client().head_object(Bucket=bucket(where), Key=key)["ContentLength"])


def copy(source: str, key: str, target: str, new_key: str) -> None:
    with _errors_named():
        client().copy({"Bucket": bucket(source), "Key": key}, bucket(target), new_key)


def delete(where: str, key: str) -> None:
    with _errors_named():
        client().delete_object(Bucket=bucket(where), Key=key)


def delete_all(where: str, keys: Sequence[str]) -> None:
    """Those that are there; a thousand with each call, which is as many as S3 takes."""
    with _errors_named():
        for first in range(0, len(keys), 1000):
            named = [{"Key": key} for key in keys[first : first + 1000]]
            failed = client().delete_objects(Bucket=bucket(where), Delete={"Objects": named, "Quiet": True}).get("Errors")
            if failed:
                raise unavailable()


def delete_prefix(where: str, prefix: str) -> int:
    """Deletes every object under the prefix. Returns how many."""
    with _errors_named():
        pages = client().get_paginator("list_objects_v2").paginate(Bucket=bucket(where), Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    delete_all(where, keys)
    return len(keys)


def link(
    where: str,
    key: str,
    filename: str,
    *,
    inline: bool = False,
    content_type: str = "application/octet-stream",
    seconds: int = LINK_SECONDS,
) -> str:
    """A signed GET link. The name shown to the person is ours, never the uploader's."""
    disposition = "inline" if inline else f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
    url: str = _signer().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket(where),
            "Key": key,
            "ResponseContentDisposition": disposition,
            "ResponseContentType": content_type,
        },
        ExpiresIn=seconds,
    )
    return url


def require(where: str, key: str) -> None:
    """Refuses before a link is given to something that is not there, or while the store is away."""
    size(where, key)


def start_multipart(where: str, key: str) -> str:
    with _errors_named():
        upload: str = client().create_multipart_upload(Bucket=bucket(where), Key=key)["UploadId"]
        return upload


def part_link(where: str, key: str, upload: str, number: int, length: int) -> str:
    """A signed PUT link for one part of exactly `length` bytes, valid PART_SECONDS."""
    url: str = _signer().generate_presigned_url(
        "upload_part",
        Params={"Bucket": bucket(where), "Key": key, "UploadId": upload, "PartNumber": number, "ContentLength": length},
        ExpiresIn=PART_SECONDS,
    )
    return url


def parts(where: str, key: str, upload: str) -> list[Part]:
    """The parts that the store holds, in order, as the store counts them."""
    with _errors_named():
        pages = client().get_paginator("list_parts").paginate(Bucket=bucket(where), Key=key, UploadId=upload)
        return [Part(p["PartNumber"], p["ETag"], p["Size"]) for page in pages for p in page.get("Parts", [])]


def complete_multipart(where: str, key: str, upload: str, done: list[Part]) -> None:
    with _errors_named():
        client().complete_multipart_upload(
            Bucket=bucket(where),
            Key=key,
            UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": p.number, "ETag": p.etag} for p in done]},
        )


def abort_multipart(where: str, key: str, upload: str) -> None:
    with _errors_named():
        client().abort_multipart_upload(Bucket=bucket(where), Key=key, UploadId=upload)
