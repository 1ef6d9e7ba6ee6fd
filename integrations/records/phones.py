"""Phone numbers in one form, however they were written."""

import phonenumbers

REGION = "CA"


def e164(text: str) -> str:
    """The number as +15145550142, empty when the text is none."""
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
