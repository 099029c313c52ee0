"""Days and times in the page's language."""

from django import template

from apps.portal.words import day_words, moment_words

register = template.Library()
register.filter("moment", moment_words)
register.filter("day", day_words)
