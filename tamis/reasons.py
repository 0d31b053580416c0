"""The closed lists: why an item was not simply kept, and why a shard failed.

A decision may carry only a code from here; the catalog stores the sentences beside the codes, and a test checks that
the docs name every one.
"""

from __future__ import annotations

REASONS: dict[str, str] = {
    # said by the reader
    "record_broken": "The line or row could not be parsed.",
    "record_not_an_object": "The line holds valid JSON that is no object.",
    "record_not_utf8": "The text is not valid UTF-8.",
    "record_too_large": "The record is larger than the corpus's max_item_bytes.",
    "record_empty": "The record holds no text and no picture.",
    "field_missing": "The record lacks the column that should hold its text or picture.",
    "field_wrong_type": "The column that should hold the text or picture holds something else.",
    "member_not_regular": "The archive member is a link, a device or a folder-like entry, not a file.",
    "file_unreadable": "The file could not be read.",
    "stream_damaged": "The compressed stream or archive ends or breaks here; what follows could not be read.",
    # said of a filter's finding
    "not_checked": "The filter could not look at the item.",
    "check_failed": "The filter failed on the item.",
    "check_incomplete": "A check gave up before it had seen the whole item.",
    "too_long": "The item is longer than the filter accepts.",
    "picture_unreadable": "The picture could not be decoded.",
    "picture_truncated": "The picture's bytes end too early.",
    "picture_out_of_memory": "Decoding the picture takes more memory than it may.",
    "picture_out_of_time": "Decoding the picture takes longer than it may.",
    "picture_crashed": "Decoding the picture killed the process that does it.",
    "picture_too_large": "The picture has more pixels, or a longer side, than the filter accepts.",
    "picture_format_refused": "The picture's format is not on the allow-list.",
    "picture_not_reencoded": "The picture could not be encoded anew as the policy wants it.",
    "score_missing": "The filter gave no score, or one that is not a finite number.",
    # personal data
    "personal_data_masked": "Personal data was replaced by placeholders.",
    "personal_data_pseudonymised": "Personal data was replaced by pseudonyms: equal ones stand for equal values.",
    "personal_data_held": "The policy holds items with this kind of personal data.",
    "personal_data_dropped": "The policy drops items with this kind of personal data.",
    "personal_data_dense": "The item holds more personal data than the policy lets pass, even masked.",
    "personal_data_together": "The item holds kinds of personal data that the policy does not let stand together.",
    "subject_suppressed": "The item holds a value that is on the suppression list.",
    # NSFW
    "nsfw_review": "The NSFW score lies between the keep and the drop limit.",
    "nsfw_drop": "The NSFW score reaches the drop limit.",
    # licence
    "licence_unknown": "No licence could be established.",
    "licence_denied": "The policy does not admit the licence's class.",
    "licence_review": "The policy wants a person to look at the licence's class.",
    "licence_conflict": "Two pieces of evidence name licences of different classes.",
    "licence_not_understood": "A claim about the licence was not understood, and nothing that weighs more settles it.",
    "licence_evidence_weak": "The licence is claimed, but not at the level of evidence the policy wants.",
    "licence_no_derivatives": "The licence forbids derivatives, and the item would have to be masked.",
    "licence_basis": "The policy does not rely on the legal basis that is declared for the item.",
    "licence_condition_denied": "The licence has a condition that the policy refuses.",
    "licence_not_listed": "The licence is of a class that is kept, but not one of the licences that the policy lists.",
    "licence_stricter_elsewhere": "The same content is there under a stricter licence too.",
    # reservations
    "reserved": "The use for training or mining is reserved.",
    "reservation_unclear": "Something was said of training or mining that cannot be understood.",
    "reservation_not_checked": "The legal basis holds only without a reservation, and nobody looked for one.",
    # blocklists
    "blocklisted": "The item is on a blocklist.",
    # languages
    "language_unknown": "The language could not be told, or there is none.",
    "language_unsure": "The language scores less than the policy wants.",
    "language_not_allowed": "The policy does not allow the language.",
    "language_mixed": "Less of the text is in its first language than the policy wants.",
    "language_script": "The text is in a script that its language is not written in.",
    # evaluation sets
    "evaluation_overlap": "The item holds more of an evaluation set than the policy lets pass.",
    # records of several items
    "record_part_held": "A picture of the same record is held.",
    "record_part_dropped": "A picture of the same record is dropped.",
    # duplicates
    "exact_duplicate": "An item with the same content is kept elsewhere.",
    "near_duplicate": "The item is nearly the same as another one, its twin, which is put before it.",
    # subsets
    "subset_not_chosen": "All filters let the item stay, and others come before it: its rank is beyond the budget.",
    "subset_bounded": "All filters let the item stay, and the caps of the subset leave no room for it.",
    "subset_example_again": "The item is one of the target's examples again, or nearly.",
    "subset_unscored": "The item has no words, no vector or no such measure, so that it cannot be put in an order.",
    "subset_unlabelled": "The target of the subset has labels, and the item has none.",
    # lines and paragraphs of many texts
    "lines_repeated": "More of the text than the policy lets pass stands in many other texts too, line by line.",
    # the generic limits of a policy
    "limit_passed": "A measure passes a limit of the policy.",
}

SHARD_FAILURES: dict[str, str] = {
    "shard_missing": "The file is gone.",
    "shard_changed": "The file's bytes are not those that were planned.",
    "shard_unreadable": "The file cannot be opened as what it claims to be.",
    "shard_codec_refused": "The file uses a compression that is refused before decoding.",
    "column_missing": "The file lacks a column that the recipe names.",
    "worker_killed": "The worker process died while it had this shard.",
    "time_limit": "The shard took longer than its time limit.",
    "disk_full": "The disk is full.",
    "unexpected": "An error nobody planned for; its type is on record, its message is not.",
}
