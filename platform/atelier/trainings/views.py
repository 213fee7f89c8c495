"""Pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


def trainings(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")
