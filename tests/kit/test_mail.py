"""Mails, whatever names stand in them."""

from django.core import mail

from atelier.kit.mail import masked, send


def test_a_line_break_in_a_subject_is_a_space_and_no_header() -> None:
    send("bob@example.org", "Your model “Neon\r\nBcc: everybody@example.org” is ready", "It is done.\n")
    (sent,) = mail.outbox
    assert sent.subject == "Your model “Neon Bcc: everybody@example.org” is ready"
    assert sent.recipients() == ["bob@example.org"]


def test_whoever_has_the_address_knows_it_and_nobody_else_reads_it() -> None:
    assert masked("bob@example.org") == "b…@example.org"
