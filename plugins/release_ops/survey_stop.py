"""To be asked no more: the one thing about a link that needs to know whose it is."""

from __future__ import annotations

import hmac
from datetime import date

from release_ops.domain.survey_links import Link, Secret, link_for
from release_ops.store import Store


def stop(store: Store, link: Link, secret: Secret, *, on: date) -> bool:
    """Note that the person with this link wants no more surveys; False where nobody has it.

    Only the secret leads from a link to a person, by making the links of all who were invited. Whether the person answered
    is neither asked nor noted.
    """
    for row in store.all("survey_invitation_ids", round_id=link.round):
        found = link_for(secret, round_id=link.round, invitation=row["id"], place=link.place, expires=link.expires)
        if hmac.compare_digest(found.nonce, link.nonce):
            store.execute("survey_opt_out_save", person=row["person"], on_day=on)
            return True
    return False
