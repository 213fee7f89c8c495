"""The page on which everybody may check a model. The browser does it; here are only the words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from licensing.findings import Finding
from licensing.money import CURRENCIES
from licensing.terms import LIKENESS, MEDIA, STAGES
from licensing.territories import TERRITORIES

# What terms may say, for a reader of terms that must know just what licensing.terms knows.
KNOWN = {"stages": STAGES, "media": MEDIA, "likeness": LIKENESS, "currencies": CURRENCIES, "territories": sorted(TERRITORIES)}
OF_AUDIT_LOGS = {Finding.TRUNCATED, Finding.FORKED, Finding.OTHER_LOG, Finding.NO_PROOF}


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    findings = [str(finding) for finding in Finding if finding not in OF_AUDIT_LOGS]
    return render(request, "licences/verify.html", {"known": KNOWN, "findings": findings})
