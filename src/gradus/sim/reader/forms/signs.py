"""What a support ticket speaks of: the words that tell a desk what is the matter, and how bad it is."""

from __future__ import annotations

import functools
import re

# By name, what shows it. Many people write in other languages than English, or not very well.
_SIGNS = {
    "warm": (
        r"\b(?:too (?:warm|hot|cold)|w a r m|warm|hot|overheated|thawed|melted|defrost\w*|off range|out of range|"
        r"over temp\w*|above (?:limit|8|41|46)|over 8|über 8|zu warm|left (?:its|the) range|cold chain|excursion|"
        r"spoil\w*|smells? off|gone white|not frozen|(?:were|was|is|are|be|peaked|found|reached|up|now|stays?|"
        r"stood|show\w*|says?|reads?) (?:at |to |on |between )?(?:-?\d\d(?:[.,]\d)?|9(?:[.,]\d)?|"
        r"8[.,][1-9])(?: ?(?:°|degrees?|deg|grad|c|f)\b)?|(?:1[0-9]|2[0-9]|9|4[7-9]|5\d|6\d)(?:[.,]\d)? ?(?:°|"
        r"degrees?\b|deg\b|grad\b|f\b|c\b))"
    ),
    "may it be used": (
        r"\b(?:still be (?:used|eaten|sold)|still (?:good|ok|usable|safe|fine)|discard\w*|throw (?:it |"
        r"them )?(?:out|away)|dump|bin (?:it|them)|can (?:i|we|they) (?:use|keep|sell|serve)|quarantine\w*|"
        r"quality (?:desk|rings|will call)|verwenden|insurance|claim|how long (?:was|above|over|is too long)|"
        r"since when|time (?:above|over)|nothing (?:dispensed|used|given)|not used any)\b"
    ),
    "goods": (
        r"\b(?:vaccine?s?|vacc1?ne?|insulin|salmon|meat|milk|dairy|cream|butter|fish|shrimp|lamb|veal|cheese|"
        r"produce|pralines|chocolate|cakes?|rice|salads?|desserts?|food|stock|doses|shipment|load|pallets|trays?|"
        r"ware|impfstoff\w*)\b"
    ),
    "code of a device": r"\be ?-?(?:1|3|4)\d{3}\b",
    "code of a line": r"\be ?-?2\d{3}\b",
    "code of access": r"\be ?-?50\d\d\b",
    "code of a webhook": r"\be ?-?51\d\d\b",
    "silent": (
        r"\b(?:offline|off-line|offlne|no (?:data|readings|updates|values|signal|internet)|not (?:reporting|"
        r"been heard)|nothing reports|(?:hasn't|has not|haven't) (?:reported|sent|been heard)|grey|gray|went dark|"
        r"last seen|silent|dead past|comes and goes|goes dark|holes?|gaps? in|does(?: not|n't) load|won't load|"
        r"nothing loads|spinning|sin señal|no manda datos|empfang\w*|n'apparaît|shows nothing|disconnect\w*|"
        r"lost connection|unreachable|keine (?:daten|werte)|drops (?:every|out)|is it down|are you down|outage)\b"
    ),
    "line": (
        r"\b(?:gateway|router|wifi|wi-fi|wlan|internet|network|vlan|firewall|port|sim|iccid|roaming|carrier|"
        r"cellular|webhooks?|radio|provider|mqtt|passerelle|uplink|metal cabinet|border)\b"
    ),
    "faulty": (
        r"\b(?:broken|broke|cracked|snapped|dead|stuck|jumps?|wrong(?:ly)?|faulty|defect\w*|frozen value|"
        r"straight line|reboots?|restarts?|display|screen|battery|batteries|batterys?|baterie|cells|probe|"
        r"calibrat\w*|firmware|update (?:stuck|failed|button)|sensor|plausib\w*|impossible|minus 4\d|dropped|fell|"
        r"clock says|memory full|buttons?|charger?|wyświetlacz\w*|side by side|degrees (?:off|low|high)|"
        r"reads (?:low|high))\b"
    ),
    "return": (
        r"\b(?:rma\w*|return(?:ed|s|ing)?|replac\w+|exchang\w+|warranty|guarantee|swap(?:ped)?|send (?:it|"
        r"them) (?:back|in)|sent (?:it )?back|repair\w*|shipping label|return label|refurbish\w*|austausch\w*|"
        r"ersatz|garantie|échange|retour|takuu|gwarancj\w*|garantía|post it)\b"
    ),
    "money": (
        r"\b(?:invoices?|bills?|billed|charg(?:e|ed|es)|paid|pay(?:ment|ing|s)?|refund\w*|credit(?:ed| note)?|"
        r"price[sd]?|plan|subscription|debit\w*|accountant|accounts payable|vat|fee|fees|receipt for|iban|"
        r"cost centre|statement|rechnung\w*|facture|factura|lasku\w*|faktur\w*|overdue|suspend\w*|dunning|"
        r"card (?:expires|number)|autopay|prepaid|discount|quote|euros?|dollars?)\b|[€$£]"
    ),
    "entry": (
        r"\b(?:log ?in|logins?|log me|sign(?:ed|ing)? ?in|sign-in|password|passwort|locked|2fa|two-factor|"
        r"authenticat\w*|codes? (?:are|is) refused|backup codes|invit\w+|einladung|roles?|admin\w*|owner|viewer|"
        r"permissions?|access|zugang|users?|tokens?|sso|reset link|former employee|left the company|who quit|"
        r"former|accounts? closed|kick him|fingerprint|mot de passe|contraseña|salasana|hasło)\b"
    ),
    "alarm rules": (
        r"\b(?:alarm rules?|alert rules?|rule|quiet hours|recipients?|escalation|delay|limits?|threshold\w*|"
        r"night contact|alarm chain|who gets|on call rota|mute|snooze|test alarm|alarm (?:mails?|text|sms|goes|"
        r"emails?)|alarms? (?:to|come|go|are|twice|off|per|for)|alarmes?|hälytys\w*|raja\w*|alarme|grenzwert\w*|"
        r"umbral|texts? for|(?:dozen|twelve) (?:sms|texts)|repeats?|notif\w+|wakes?)\b"
    ),
    "alarm": r"\b(?:alarm\w*|alert\w*|beeping|hälytys\w*)\b",
    "asks how": (
        r"\b(?:how (?:do|can|to|long do|does|would)|where (?:do|can|is|did|are)|is there (?:a|any)|can i|can we|"
        r"could you add|which (?:of|one|product)|what is the difference|does it|do you (?:have|offer|sell)|wish|"
        r"would be nice|please add|feature|dark mode|manual|guide|certificates?|export|report|pdf|print|unit|"
        r"fahrenheit|celsius|thank\w*|nothing to complain|recommend|buying|longer cable|sticker\w*|volume|flip)\b"
    ),
    "medicine": (
        r"\b(?:vaccin\w*|vacc\w*|vacc1ne|insulin|medic\w+|pharma\w*|clinic\w*|doses|mmr|hpv|flu|hep [ab]|tetanus|"
        r"covid|impfstoff\w*|arznei\w*|apothek\w*|eye drops|biologics|blood|mrna|shots|szczepion\w*|rokot\w*|"
        r"vacun\w*|hospital|patients?|pediatric|shingles|typhoid)\b"
    ),
    "other goods": (
        r"\b(?:staff (?:fridge|kitchen|food|yog\w+)|fridge is (?:the )?staff|lunch(?:es)?|birthday cake|beer|drinks|"
        r"seeds|boissons)\b"
    ),
    "nothing in it": (
        r"\b(?:is empty|empty|spare|nothing in (?:the )?fridge|nothing is stored|not in use|in the drawer|"
        r"second refrigerator|will hold)\b"
    ),
    "unwatched": (
        r"\b(?:no other (?:thermometer|logger)|only (?:logger|one)|nobody (?:would|will|can|could|here|sees)|"
        r"no (?:alarm|true) |unwatched|unmonitored|no thermometer|nothing since|not been heard|since (?:friday|"
        r"thursday|yesterday)|nobody will|no one (?:would|will)|go nowhere|switched off|in a drawer|we close at|"
        r"after (?:5|6|hours)|tonight|hasn't been heard|never reach)\b"
    ),
    "all": (
        r"\b(?:all|every(?:thing|body| one| tracker)?|whole (?:site|fleet|kitchen|house)|entire|none of (?:us|the|"
        r"them)|nobody|both|alle|todos|(?:all|any) (?:three|four|five|3|4|5)|(?:3|4|5|10) of (?:3|4|5|10)|"
        r"everybody|anything)\b"
    ),
    "one": (
        r"\b(?:one (?:logger|colleague|of|person|device)|others? (?:can|work|are|is|here)|the other|only me|"
        r"single|meanwhile|spare|colleague can|by hand|we have a spare|can wait|workaround|other fridge|steady|"
        r"normal\w*)\b"
    ),
    "hurry": (
        r"\b(?:cut off|suspend\w*|switched off|today|tonight|tomorrow at|before (?:8|noon|the)|service in|wedding|"
        r"guests|covers tonight)\b"
    ),
    "still watched": (
        r"\b(?:still (?:reads|sends|reading|send)|readings (?:arrive|are) (?:fine|ok)|temps? (?:good|normal|ok)|"
        r"within range|never above|until (?:sunday|friday|monday)|will it last|low battery|battery warning|"
        r"holes)\b"
    ),
    "calm": (
        r"\b(?:no (?:hurry|rush|stress)|not urgent|whenever|by the end of|some ?time|no panic|low prio|keine eile|"
        r"rien d'urgent|kiireellinen|no corre prisa|wish|would like|please (?:add|let us)|question|curious|"
        r"thank\w*)\b"
    ),
    "stranger sees": (
        r"\b(?:public repo\w*|leaked|stranger|third parties|posted|screenshot|somebody else's|not theirs|"
        r"former employee|ex-employee|kick him|withdraw access|other tenant|under his login)\b"
    ),
    "does not work": (
        r"\b(?:won't|wont|doesn't|doesnt|does not|cannot|didn't|never (?:arriv|transf|work|got)\w*|"
        r"none (?:has )?arrived|no mail|error|wrong|twice|missing|still (?:says|shows|no|waiting|the)|failed|"
        r"fails|fail|grey|grau|harmaa|blank|keeps|correct|not (?:on|possible|working|moved|what)|e ?-?\d{4}|"
        r"refused|locked|nothing (?:since|yet|loads|on)|mêmes?|spinning|nichts|promised|take it off|stopped)\b"
    ),
    "cosmetic": (
        r"\b(?:logo|sticker\w*|clip|scratch\w*|cosmetic|dark mode|colour|color|wording|exclamation|ugly|copy of|"
        r"copy|vat (?:id|number)|address)\b"
    ),
}


@functools.cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _SIGNS.items()}


def signs(text: str) -> tuple[str, ...]:
    """The names of what a text shows signs of.

    Example:
        >>> signs("SN-200-0031 says E-1004")
        ('code of a device',)
    """
    return tuple(name for name, pattern in _patterns().items() if pattern.search(text))
