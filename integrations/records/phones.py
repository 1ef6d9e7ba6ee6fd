"""Phone numbers in one form, however they were written."""

import re

import phonenumbers

REGION = "CA"
_E164 = re.compile(r"\+[1-9]\d{7,14}")


def e164(text: str) -> str:
    """The number as +15145550142, empty when the text is none."""
    if _E164.fullmatch(text):
        # Most of what is stored; parsing costs a hundred times more.
        return text
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
