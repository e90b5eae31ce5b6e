"""English words that may begin with a capital without being anybody's name.

Data and no logic, for `privacy`: what a reply's sentences begin with, and the names of things that
are the same for everybody. Words that people are called as well (Will, May, Grace, Rose, Mark) are
left out on purpose: a reply with one of them stays with whom it was made for.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ORDINARY: Final = _words(
    """
    a about above absolutely accept accepted access according account accounts across action
    actually add added adding additional additionally address after again agents all allow
    alright also alternatively although always am american an and android another answer answers
    any anybody anyone anything anyway apologies app apparently applies apply approximately are
    aren't around as ask asked at attach available awesome back bag bags basically batteries
    battery be because become been before begin below besides best between beyond billing black
    blue bluetooth book booking bookings both box boxes brand bring british browse business but
    buy by bye cable call calls can can't cancel cancellation cancellations cancelled cannot
    card cards cart cases cash catalogue category change changes changing charge charges chat
    cheap check checking checkout cheers children chinese choose choosing christmas cleaning
    clear click close closed closing clothes code codes coffee collect collection come company
    complete completely confirm confirmation confirmed congratulations consider contact continue
    copy correct cost costs could country coupon coupons cover covid create credit currently
    custom customer customers daily data day days deal deals dear debit december definitely
    delays delete deliver delivered deliveries delivery demonstration depending deposit deposits
    describe desk details dhl did didn't different digital directly discount discounts dispatch
    do does doesn't doing don't done double download downloads drop due during each earlier
    easily easter easy either else email emails english enjoy enough ensure enter error europe
    european even evening events ever every everybody everyone everything exactly example
    excellent except exchange exchanges expect expected express extra facebook fantastic faq
    fast february fedex fee feel fees few fill finally find fine first five follow following for
    fortunately forward four free french friday fridays from full fully further general
    generally german get getting gift gifts give given glad go going good goodbye google great
    green group guarantee guests guide had half handling happy hardly has have having he hello
    help helpdesk here hey hi high hiya hold holidays home hopefully hotel hours how howdy
    however https i if immediately important in include included includes including indeed info
    information insert inside instagram instead instructions insurance international internet
    into invoice invoices ipad iphone is isn't issue issues it it's italian item items its
    january july just keep kind kindly know large last late later latest learn least leave left
    less let let's like limited link list listed little live local locate location log login
    long look looks lost low luckily lunch made mail main make makes management manual many map
    march mastercard materials maybe me means meanwhile member members membership men menu
    message messages might mine minimum missing mobile model models moderate monday mondays more
    moreover morning most mostly much must my name naturally near need needed neither never new
    news newsletter next nice no nobody none nor normally not note nothing notice november now
    number numbers obviously october of off offer offers office often oh ok okay old on once one
    ones online only open opening opens option optional options or order ordering orders other
    others otherwise our out outside over overall own packages packaging page pages parcel
    parcels parking part partly parts password past pay paying payment payments paypal per
    perfect perhaps person personally phone photo photos pick pickup pictures place places plan
    plans please plus policies policy popular portal possibly post postage press pressing prices
    pricing print private probably problem proceed process processing product products profile
    promotions provide provided purchase purchases put quality question questions quick quickly
    quite rather reach read ready really receipt receipts receive recently red refer reference
    refund refunds regarding regards register registration regular reload remember remove repair
    repairs repeat replace replacement replacements replacing reply report request requests
    required reservations reset resetting restart restaurant return returned returning returns
    review right room rooms safe sale sales same saturday saturdays save scan scroll search
    second security see select selected sell send sending september service services set setting
    settings several shall share ship shipments shipped shipping shop shopping shops should show
    showing sign similarly simply since single six size sizes sizing small so some somebody
    someone something sometimes soon sorry spanish spare special specify staff standard start
    starting status stay step steps still stock stop store stores student students subscribe
    subscription subscriptions successful such suitable sunday sundays support supported sure
    switch table tablet take takes taking tap tax taxes technical tell ten terms test than thank
    thanks that that's the their them then there there's therefore these they they're thing
    things think this those though three through thursday thursdays thus ticket tickets till
    time times tip tips to today together tomorrow tonight too top total totally track tracking
    travel true try trying tuesday tuesdays turn two type typically under understood
    unfortunately unless unlike until up update updates upgrade upload upon ups us usb use used
    user users using usually valid verification verify very via video view visa visit voucher
    vouchers wait want warranties warranty was wash watch water way we we'd we'll we're we've
    website wednesday wednesdays week weekday weekdays weekend weekends weekly welcome well went
    were what what's whatever whatsapp when whenever where whereas wherever whether which while
    who whole whom whose why wi-fi wifi window windows wish with within without women won't
    wonderful work working works would wouldn't write wrong yeah year years yellow yes yesterday
    yet you you'd you'll you're you've your yours zip
    """
)
GREETINGS: Final = _words(
    """
    bye cheers congratulations dear goodbye greetings hello hey hi hiya howdy thanks thx
    """
)
"""Words after which somebody is addressed, if anybody is."""
GREETING_PAIRS: Final = frozenset(
    ("thank you", "good morning", "good afternoon", "good evening", "welcome back", "take care")
)
NOBODY: Final = _words(
    """
    a about again all and any anyway are as at back but by bye can could customer everybody
    everyone folks for friend from good goodbye guest here how i i'd i'll i'm i've if in is it
    it's just let madam much nice no on once one or our passenger please put shopper sir so team
    thank thanks that the there this to today too traveller user valued very we we'd we'll we're
    we've welcome what yes you your yours
    """
)
"""Words that may follow a greeting without being a name."""
OPENERS: Final = _words(
    """
    absolutely again all back certainly course exactly fine good great indeed luck no ok okay
    perfect please right sorry sure there understood welcome well wonderful yeah yes you
    """
)
"""Words after which, and a comma, somebody may be addressed."""
UNADDRESSED: Final = _words(
    """
    absolutely again always anytime certainly done either everybody everyone exactly folks
    fortunately great hello hi however indeed instead it luckily maybe never no not now of ok
    okay online perfect please really right so sometimes soon sorry sure thanks then there today
    tomorrow tonight too understood unfortunately usually welcome well yes yet you
    """
)
"""Words that may stand there alone without being a name."""
