"""The national numbers that Presidio knows, with its own patterns and checks, and which of them are worth their hits.

What is off is off for what it matched in running text that holds none: 19.7 MB of textbooks (OpenStax) and 21.2 MB of
software documentation (Debian), at a score of 0.4 or more, as `benchmarks/false_ids.py` counts it. What would often be
wrong alone, but not beside a word of its context, asks for that word and is on.

Presidio's own patterns are used unless they are too wide: without a boundary, in any case of letters, or with context
words that are part of many others. Then they are spelled here anew, and the check is still Presidio's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from presidio_analyzer import PatternRecognizer
from presidio_analyzer import predefined_recognizers as known

from filters.personal.entity import Check, Entity
from filters.personal.gate import gate_of
from filters.personal.national_numbers.checked_number import END, START, BesideContext, checked, labelled, valid_to
from filters.personal.national_numbers.checksums import luhn, same_throughout

_PESEL_DATE = "[0-9]{2}(?:[02468][1-9]|[13579][0-2])(?:0[1-9]|[12][0-9]|3[01])"
_KR_DATE = "[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_ITIN_GROUP = "(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])"
_ITIN = f"{START}9[0-9]{{2}}[- ]?{_ITIN_GROUP}[- ]?[0-9]{{4}}{END}"
_CA_SIN = f"{START}[1-79][0-9]{{2}}[- ]?[0-9]{{3}}[- ]?[0-9]{{3}}{END}"
_IT_DIGIT = "[0-9LMNP-V]"
"""Letters stand for digits where two people would have the same number."""
_ADVERTS = ("078051120", "123456789", "219099999")
_PAN = f"{START}[A-Z]{{3}}[ABCFGHJLPT][A-Z][0-9]{{4}}[A-Z]{END}"
_NRIC_TABLES = {"S": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}
_NRIC_ALIKE = {"S": ("S", 0), "T": ("S", 4), "F": ("F", 0), "G": ("F", 4), "M": ("M", 3)}


def is_nric(number: str) -> bool:
    """Singapore's NRIC and FIN: a weighted sum by 11 picks the letter from a table of the prefix (ICA, 2022 for M)."""
    table, offset = _NRIC_ALIKE[number[0]]
    total = offset + sum(int(digit) * weight for digit, weight in zip(number[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
    return _NRIC_TABLES[table][total % 11] == number[8]


def is_ssn(number: str) -> bool:
    """The SSA gives out no area 000, 666 or from 900 on, no group 00, no serial 0000, nor those of old adverts."""
    area, group, serial = number[:3], number[3:5], number[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000" and number not in _ADVERTS


def is_italian_vat(number: str) -> bool:
    return luhn(number.removeprefix("IT")) and not same_throughout(number)


def _stock(
    kind: str,
    about: str,
    recognizer: Callable[[], PatternRecognizer],
    *,
    check: Check = "checksum",
    why_off: str = "",
) -> Entity:
    stock = recognizer()
    return Entity(
        kind=kind,
        region=_region(stock),
        about=about,
        check=check,
        make=recognizer,
        gate=_gate(stock),
        default=not why_off,
        why_off=why_off,
    )


def _beside(
    kind: str, about: str, recognizer: Callable[[], PatternRecognizer], *context: str, check: Check = "checksum"
) -> Entity:
    return Entity(
        kind=kind,
        region=_region(recognizer()),
        about=about,
        check=check,
        make=partial(_make_beside, recognizer, context),
        gate=_gate(recognizer()),
    )


def _make_beside(recognizer: Callable[[], PatternRecognizer], context: tuple[str, ...]) -> BesideContext:
    return BesideContext(recognizer(), context=context)


def _region(stock: PatternRecognizer) -> str:
    """Presidio says `uk` for what ISO 3166-1 calls `gb`."""
    code = str(stock.COUNTRY_CODE)
    return "gb" if code == "uk" else code


def _gate(stock: PatternRecognizer) -> str:
    """A group that is referred to later holds a separator, in Presidio's patterns, and is written out again."""
    return gate_of(*(pattern.regex.replace(r"\1", "[- ]") for pattern in stock.patterns))


_NO_CHECK_DIGIT = "It has no check digit and "
_PLATE = "A plate has no check digit and "

PRESIDIO = (
    _beside("AU_ABN", "number of a firm (ABN)", known.AuAbnRecognizer, "abn", "business"),
    _beside("AU_ACN", "number of a company (ACN)", known.AuAcnRecognizer, "acn"),
    _beside("AU_MEDICARE", "health insurance number", known.AuMedicareRecognizer, "medicare"),
    _beside("AU_TFN", "tax number (TFN)", known.AuTfnRecognizer, "tfn", "taxation"),
    _stock(
        "CA_POSTAL_CODE",
        "postal code",
        known.CaPostalCodeRecognizer,
        check="shape",
        why_off="A postal code is shared by a whole street or village.",
    ),
    checked(
        "CA_SIN",
        "social insurance number (SIN)",
        valid=luhn,
        sure=(f"{labelled('SIN', 'NAS')}{_CA_SIN}",),
        by_context=(_CA_SIN,),
        context=("insurance", "assurance"),
    ),
    _beside("DE_BSNR", "number of a doctor's practice", known.DeBsnrRecognizer, "bsnr", "betriebsst", check="context"),
    _beside(
        "DE_FUEHRERSCHEIN",
        "driving licence number",
        known.DeFuehrerscheinRecognizer,
        *("führerschein", "fuehrerschein", "fahrerlaubnis"),
        check="context",
    ),
    _stock("DE_HANDELSREGISTER", "number in the register of firms", known.DeHandelsregisterRecognizer, check="shape"),
    _beside(
        "DE_HEALTH_INSURANCE",
        "health insurance number",
        known.DeHealthInsuranceRecognizer,
        *("kvnr", "kranken", "versichert", "gesundheitskarte"),
    ),
    _stock(
        "DE_KFZ", "licence plate", known.DeKfzRecognizer, check="shape", why_off=f"{_PLATE}looks like a model name."
    ),
    _beside("DE_LANR", "number of a doctor", known.DeLanrRecognizer, "lanr", "arztnummer"),
    _stock(
        "DE_PLZ",
        "postcode",
        known.DePlzRecognizer,
        check="shape",
        why_off="Any five digits are one near `ort`, which is part of port: 4.1 hits a MB of documentation.",
    ),
    _beside(
        "DE_TAX_NUMBER",
        "tax number given by an office (Steuernummer)",
        known.DeTaxNumberRecognizer,
        *("steuernummer", "finanzamt"),
        check="context",
    ),
    _beside("ES_PASSPORT", "passport number", known.EsPassportRecognizer, "pasaporte", "passport", check="context"),
    _stock("FI_PERSONAL_IDENTITY_CODE", "personal identity code", known.FiPersonalIdentityCodeRecognizer),
    _stock("UK_DRIVING_LICENCE", "driving licence number", known.UkDrivingLicenceRecognizer, check="rules"),
    _stock(
        "UK_NHS",
        "health service number",
        known.NhsRecognizer,
        why_off="Its check digit is that of ISBN-10, so that every such ISBN is one: 0.7 hits a MB of documentation.",
    ),
    _stock("UK_NINO", "national insurance number", known.UkNinoRecognizer, check="rules"),
    _beside("UK_PASSPORT", "passport number", known.UkPassportRecognizer, "passport", check="context"),
    _stock(
        "UK_POSTCODE",
        "postcode",
        known.UkPostcodeRecognizer,
        check="shape",
        why_off="A postcode is shared by a whole street.",
    ),
    _stock(
        "UK_VEHICLE_REGISTRATION",
        "licence plate",
        known.UkVehicleRegistrationRecognizer,
        check="shape",
        why_off=f"{_PLATE}names of molecules and programs look like one: 1.0 hits a MB of documentation.",
    ),
    _beside("IN_AADHAAR", "identity number", known.InAadhaarRecognizer, "aadhaar", "aadhar", "uidai"),
    _stock("IN_GSTIN", "tax number of a firm (GSTIN)", known.InGstinRecognizer),
    checked("IN_PAN", "tax number (PAN)", sure=(_PAN,), check="shape"),
    _beside("IN_PASSPORT", "passport number", known.InPassportRecognizer, "passport", check="context"),
    _stock(
        "IN_VEHICLE_REGISTRATION",
        "licence plate",
        known.InVehicleRegistrationRecognizer,
        check="shape",
        why_off=f"{_PLATE}parts of hexadecimal digests look like one: 0.6 hits a MB of documentation.",
    ),
    _stock(
        "IN_VOTER",
        "voter's card number",
        known.InVoterRecognizer,
        check="shape",
        why_off=f"{_NO_CHECK_DIGIT}names such as jdk7156085 look like one: 0.9 hits a MB of documentation.",
    ),
    _beside("IT_DRIVER_LICENSE", "driving licence number", known.ItDriverLicenseRecognizer, "patente", check="context"),
    checked(
        "IT_FISCAL_CODE",
        "tax number of a person",
        valid=valid_to(known.ItFiscalCodeRecognizer),
        sure=(f"{START}[A-Z]{{6}}{_IT_DIGIT}{{2}}[A-EHLMPR-T]{_IT_DIGIT}{{2}}[A-Z]{_IT_DIGIT}{{3}}[A-Z]{END}",),
    ),
    _beside(
        "IT_IDENTITY_CARD",
        "identity card number",
        known.ItIdentityCardRecognizer,
        *("identità", "identita", "identity"),
        check="context",
    ),
    _beside("IT_PASSPORT", "passport number", known.ItPassportRecognizer, "passaporto", "passport", check="context"),
    checked(
        "IT_VAT_CODE",
        "VAT number (partita IVA)",
        valid=is_italian_vat,
        sure=(f"{START}IT ?[0-9]{{11}}{END}", f"{labelled('IVA', 'iva')}{START}[0-9]{{11}}{END}"),
        by_context=(f"{START}[0-9]{{11}}{END}",),
        context=("partita", "piva"),
    ),
    _beside("KR_BRN", "number of a firm", known.KrBrnRecognizer, "사업자", "brn"),
    _beside("KR_DRIVER_LICENSE", "driving licence number", known.KrDriverLicenseRecognizer, "면허", check="context"),
    checked(
        "KR_FRN",
        "registration number of a foreigner",
        sure=(f"{START}{_KR_DATE}-[5-8][0-9]{{6}}{END}",),
        by_context=(f"{START}{_KR_DATE}[5-8][0-9]{{6}}{END}",),
        context=("외국인", "frn"),
        check="rules",
    ),
    _beside("KR_PASSPORT", "passport number", known.KrPassportRecognizer, "여권", "passport", check="context"),
    checked(
        "KR_RRN",
        "registration number of a resident",
        sure=(f"{START}{_KR_DATE}-[1-4][0-9]{{6}}{END}",),
        by_context=(f"{START}{_KR_DATE}[1-4][0-9]{{6}}{END}",),
        context=("주민", "rrn"),
        check="rules",
    ),
    _beside("NG_NIN", "identity number", known.NgNinRecognizer, "nimc", "nigeria"),
    _stock(
        "NG_VEHICLE_REGISTRATION",
        "licence plate",
        known.NgVehicleRegistrationRecognizer,
        check="shape",
        why_off=f"{_PLATE}names such as AVX512CD look like one: 2.6 hits a MB of documentation.",
    ),
    _beside("PH_PASSPORT", "passport number", known.PhPassportRecognizer, "passport", "pasaporte", check="context"),
    _stock(
        "PH_TIN",
        "tax number (TIN)",
        known.PhTinRecognizer,
        check="shape",
        why_off=f"{_NO_CHECK_DIGIT}its context word, tin, is part of many others.",
    ),
    checked(
        "PH_UMID",
        "number of the unified card",
        sure=(f"{START}[0-9]{{4}}-[0-9]{{7}}-[0-9]{END}", f"{labelled('UMID', 'CRN')}{START}[0-9]{{12}}{END}"),
        check="shape",
    ),
    checked(
        "PL_PESEL",
        "identity number (PESEL)",
        valid=valid_to(known.PlPeselRecognizer),
        by_context=(f"{START}{_PESEL_DATE}[0-9]{{5}}{END}",),
        context=("pesel",),
    ),
    checked(
        "SE_ORGANISATIONSNUMMER",
        "number of a firm",
        valid=valid_to(known.SeOrganisationsnummerRecognizer),
        by_context=(f"{START}[0-9]{{6}}-?[0-9]{{4}}{END}",),
        context=("organisationsn", "orgnr", "företagsn", "momsreg"),
    ),
    checked(
        "SE_PERSONNUMMER",
        "identity number",
        valid=valid_to(known.SePersonnummerRecognizer),
        sure=(f"{START}(?:19|20)?[0-9]{{6}}[-+][0-9]{{4}}{END}",),
        by_context=(f"{START}(?:19|20)?[0-9]{{10}}{END}",),
        context=("personn", "samordningsn", "födelsen"),
    ),
    checked("SG_NRIC_FIN", "identity number", valid=is_nric, sure=(f"{START}[STFGM][0-9]{{7}}[A-Z]{END}",)),
    _beside("SG_UEN", "number of a firm (UEN)", known.SgUenRecognizer, "uen", "acra"),
    _beside("TH_TNIN", "identity number", known.ThTninRecognizer, "ประชาชน", "tnin", "thai"),
    _stock(
        "TR_LICENSE_PLATE",
        "licence plate",
        known.TrLicensePlateRecognizer,
        check="shape",
        why_off="`04 Mar 2020` and `15 to 30` look like one: 13 hits a MB of textbooks, 155 of documentation.",
    ),
    _beside("TR_NATIONAL_ID", "identity number", known.TrNationalIdRecognizer, "kimlik", "tckn"),
    _beside("ABA_ROUTING_NUMBER", "number of a bank", known.AbaRoutingRecognizer, "routing"),
    _stock(
        "MEDICAL_LICENSE",
        "certificate of a prescriber (DEA)",
        known.MedicalLicenseRecognizer,
        why_off="Parts of hexadecimal digests pass its check: 3.6 hits a MB of documentation.",
    ),
    _stock(
        "US_BANK_NUMBER",
        "number of a bank account",
        known.UsBankRecognizer,
        check="shape",
        why_off="Any 8 to 17 digits are one near a word with check in it: 0.2 hits a MB of documentation.",
    ),
    _stock(
        "US_CLAIM_NUMBER",
        "number of a health claim",
        known.UsClaimNumberRecognizer,
        check="shape",
        why_off=f"{_NO_CHECK_DIGIT}any digits behind the word claim are one.",
    ),
    _stock(
        "US_DRIVER_LICENSE",
        "driving licence number",
        known.UsLicenseRecognizer,
        check="shape",
        why_off="A letter and digits near the word license, such as X11, are one: 9.1 hits a MB of documentation.",
    ),
    _stock(
        "US_HEALTH_INSURANCE_MEMBER_ID",
        "number of an insured person",
        known.UsHealthInsuranceMemberIdRecognizer,
        check="shape",
        why_off=(
            "Codes such as CMP0074 near the word policy are one, 9.7 hits a MB of documentation, "
            "and it takes the square of the length of a run of digits and hyphens."
        ),
    ),
    checked(
        "US_ITIN",
        "tax number of a foreigner (ITIN)",
        sure=(
            f"{START}9[0-9]{{2}}-{_ITIN_GROUP}-[0-9]{{4}}{END}",
            f"{labelled('ITIN')}{_ITIN}",
        ),
        by_context=(_ITIN,),
        context=("taxpayer",),
        check="rules",
    ),
    _stock("US_MBI", "Medicare number", known.UsMbiRecognizer, check="rules"),
    _beside("US_NPI", "number of a health care provider", known.UsNpiRecognizer, "npi", "provider"),
    _beside("US_PASSPORT", "passport number", known.UsPassportRecognizer, "passport", check="context"),
    _stock(
        "US_PRESCRIPTION_NUMBER",
        "number of a prescription",
        known.UsPrescriptionNumberRecognizer,
        check="shape",
        why_off=f"{_NO_CHECK_DIGIT}any digits behind rx are one.",
    ),
    _stock(
        "US_PRIOR_AUTHORIZATION_NUMBER",
        "number of an authorisation",
        known.UsPriorAuthorizationNumberRecognizer,
        check="shape",
        why_off=f"{_NO_CHECK_DIGIT}any digits behind the word authorization are one.",
    ),
    _stock(
        "US_PROVIDER_TAX_ID",
        "tax number of a health care provider",
        known.UsProviderTaxIdRecognizer,
        check="shape",
        why_off=f"{_NO_CHECK_DIGIT}it is a firm's.",
    ),
    _stock(
        "US_REFERRAL_NUMBER",
        "number of a referral",
        known.UsReferralNumberRecognizer,
        check="shape",
        why_off=f"{_NO_CHECK_DIGIT}any digits behind the word referral are one.",
    ),
    checked(
        "US_SSN",
        "social security number",
        valid=is_ssn,
        sure=(f"{START}[0-9]{{3}}-[0-9]{{2}}-[0-9]{{4}}{END}",),
        by_context=(f"{START}[0-9]{{3}}[. ]?[0-9]{{2}}[. ]?[0-9]{{4}}{END}",),
        context=("ssn", "security"),
        check="rules",
    ),
    _stock("ZA_COMPANY_REGISTRATION", "number of a company", known.ZaCompanyRegistrationRecognizer, check="rules"),
    _stock(
        "ZA_DRIVER_LICENSE",
        "driving licence number",
        known.ZaDriverLicenseRecognizer,
        check="shape",
        why_off="Parts of hexadecimal digests look like one: 4.7 hits a MB of documentation.",
    ),
    _stock("ZA_ID_NUMBER", "identity number", known.ZaIdNumberRecognizer),
    _beside(
        "ZA_INCOME_TAX_NUMBER",
        "income tax number",
        known.ZaIncomeTaxNumberRecognizer,
        "sars",
        check="context",
    ),
    _stock(
        "ZA_LICENSE_PLATE",
        "licence plate",
        known.ZaLicensePlateRecognizer,
        check="shape",
        why_off=f"{_PLATE}names such as HAS9660FS look like one: 0.5 hits a MB of documentation.",
    ),
    _beside("ZA_PASSPORT", "passport number", known.ZaPassportRecognizer, "passport", check="context"),
    _beside(
        "ZA_TRAFFIC_REGISTER_NUMBER",
        "traffic register number",
        known.ZaTrafficRegisterNumberRecognizer,
        "natis",
        check="context",
    ),
    checked("ZA_VAT_NUMBER", "VAT number", sure=(f"{labelled('VAT')}{START}4[0-9]{{9}}{END}",), check="context"),
)
"""In order of country, not of kind."""
