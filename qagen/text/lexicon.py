"""The words of questions: which carry no meaning, which mean the same, which name events or change a fact.

Small and general lists for English and Japanese; :mod:`qagen.text.questions` reads questions with them.
"""

from __future__ import annotations

import re

from qagen.text.calendar import MONTH_NUMBERS, MONTHS
from qagen.text.small_words import FUNCTION_WORDS, word_set

# Function words, without those that change what is asked, and what questions say besides.
LIGHT = FUNCTION_WORDS - word_set("""
    after all any because before between but down each having here i if just more most must my no nor
    not off only other our out over per same should since some through under until we while your
""") | word_set("""
    according actual actually against amount approximately back became become called came come end ended
    eventually ever exactly full get getting give go goes got happen happened held hold individual it's
    known lay lie lies located man name named names number occur occurred official officially ones own
    people person place places please respectively s said say situated someone stand stands state stood
    t take taken takes tell text took total v versus vs went
""")
# Words for the same, groups divided by "|"; the first word of a group stands for it.
_GROUPS_EN = """
    win wins won winning winner winners victor victors victory victorious triumphed triumph prevail
    prevailed champion champions winners | beat beats beaten beating defeat defeats defeated overcome
    overcame | lose loses lost losing loser | build builds built building-of construct constructs
    constructed construction erect erected builder builders constructing | found founded founder
    founders establish established establishes founding establishment | start starts started begin
    begins began begun commence commenced starting beginning | finish finishes finished conclude
    concluded finishing | write writes wrote written writer author authored authors penned writing |
    compose composes composed composer | paint paints painted painter painting-of | design designs
    designed designer architect architects designing | invent invents invented inventor invention-of |
    discover discovers discovered discoverer discovery | direct directs directed director | born birth
    birthplace | die dies died death deaths | open opens opened opening inaugurate inaugurated
    inauguration | close closes closed closing closure shut | make makes made making manufacture
    manufactured produce produces produced produced maker manufacturer producer | cost costs price
    priced | marry marries married spouse | lead leads led leader leaders head headed heads leading |
    coach coaches coached coaching trainer trained trains | captain captained captains skipper skippered
    captaincy | score scores scored scoring | buy buys bought purchase purchases purchased acquire
    acquired buyer acquisition | sell sells sold selling seller | destroy destroys destroyed demolish
    demolished destruction | rebuild rebuilt reconstruct reconstructed reconstruction | repair repaired
    repairs restore restored renovate renovated renovation restoration | succeed succeeded succeeds
    successor | replace replaced replaces replacement | teach teaches taught teacher | serve served
    serves serving | live lives lived living inhabit reside resides resided | work works worked working
    | use uses used using employ employed | flow flows flowed | cross crosses crossed crossing | own
    owns owned owner owners | receive receives received | award awards awarded | elect elected
    election-of | publish published publishes publisher publication | translate translated translator
    translation-of | edit edited editor | borrow borrowed | weigh weighs weighed weight heavy | measure
    measures measured | long length | deep depth | high tall height | wide broad width breadth | old age
    aged | fast quick quickly speed | large big size area | far distance | join joined joins | leave
    left leaves | arrive arrived arrives arrival | depart departed departs departure | play plays played
    player players | row rows rowed rower rowers | swim swam swum swims swimmer swimmers | run runs ran
    runner runners | ride rode ridden rides rider | sing sang sung sings singer | grow grows grew grown
    | break broke broken breaks | set sets | hit hits | catch caught | steal stole stolen theft | donate
    donated donates donor donation | fund funded financed finance paid pay pays | attend attended
    attends attendance | contain contains contained | visit visits visited visitor visitors | celebrate
    celebrated celebrates celebration | semifinal semi-final semis semifinals semi-finals | quarterfinal
    quarter-final quarterfinals quarter-finals | final finals | match matches game games fixture | race
    races | championship championships title | tournament tournaments competition competitions contest
    contests | spectator spectators onlookers | capital capitals | metre metres meter meters | kilometre
    kilometres kilometer kilometers km | town towns | colour color colours colors | season seasons |
    year years | goal goals | point points | bridge bridges
"""
SYNONYMS = {word: group.split()[0] for group in _GROUPS_EN.split("|") for word in group.split()}
_WINS = r"\b(?:win|won|wins|winning|beat|beats|beaten|defeat|defeats|defeated|lose|loses|lost|lead|led)\b"
PHRASES: list[tuple[str, re.Pattern[str], str]] = [
    (trigger, re.compile(pattern), put)
    for trigger, pattern, put in [
        (
            "how many",
            r"\bhow many (?:people|inhabitants|residents|persons)(?: (?:lived|live|are|were|does|did)\b)*",
            "what population",
        ),
        ("nts", r"\b(?:number of|how many) (?:inhabitants|residents)\b", "what population"),
        ("population ", r"\bpopulation (?:number|size|figure)\b", "population"),
        (
            "how long",
            r"\bhow long (?=.*\b(?:take|took|last|lasted|need|needed|stay|stayed|serve|served|live|lived)\b)",
            "what duration ",
        ),
        ("what duration", r"\b(?:take|took|last|lasted)\b(?= *(?:$|to\b|for\b|in\b|at\b))", " "),
        (
            "how ",
            r"\bhow (long|deep|high|tall|wide|broad|old|fast|quickly|large|big|far|heavy)\b",
            r"what \1",
        ),
        ("how ", r"\bhow much (?:does|did|do) (.*) weigh\b", r"what weigh \1"),
        ("how ", rf"\bby how (many|much)\b(?=.{{0,200}}{_WINS})", r"margin how \1"),
        (
            "how ",
            rf"\bhow (many|much)\b(?=.{{0,200}}{_WINS}.{{0,200}} by(?:$| (?:in|at|on)\b))",
            r"margin how \1",
        ),
        ("how ", r"\bhow much (?:money )?", "what amount-of "),
        ("h", r"\b(?:at|for|in) (?:what|which) (?:place|location|venue|spot)\b", "where "),
        ("may", r"\b(in|of|on|since|until|during|\d+|\d+(?:st|nd|rd|th)) may\b", r"\1 maytime"),
        (
            "wh",
            (
                r"\b(?:on|in|at|from|since|by|during)? ?(?:what|which) "
                r"(?:calendar )?(?:year|date|day|time of year|month)\b"
            ),
            "when ",
        ),
        ("what ", r"\bwhat (?:is|was) the (?:year|date|day)\b", "when "),
        ("which", r"\b(?:the )?(?:year|date) (?:in|on) which\b", "when "),
        ("what ", r"\bwhat (?:is|was|were) the (?:place|location|venue|site)\b", "where "),
        (
            "what ",
            (
                r"\bwhat (?:is|was|were) (?:the )?(?:name|names|identity) of the "
                r"(?:person|people|man|woman|player|rower|individual)s?\b"
            ),
            "who ",
        ),
        (
            "wh",
            r"\b(?:which|what) (?:person|man|woman|player|rower|runner|swimmer|athlete|competitor)s?\b",
            "who ",
        ),
        ("reason", r"\bfor what reason\b|\bwhat (?:is|was) the reason\b", "why "),
        (
            "st",
            (
                r"\b(?:finish|finished|came|come|placed|ended up|take|took) "
                r"(?:in )?(?:the )?(?:first|1st)(?: place)?\b"
            ),
            "won",
        ),
        ("the ", r"\b(?:took|take) (?:the )?(?:gold|victory)(?: medal)?\b", "won"),
        ("emerge", r"\bemerged? (?:as )?(?:the )?(?:winner|victorious)\b", "won"),
        ("set up", r"\bset up\b", "founded"),
        ("put up", r"\bput up\b", "built"),
        (" away", r"\bpass(?:ed)? away\b", "died"),
        ("runner", r"\brunners? ?-?up\b", "runnerup"),
        ("semi", r"\bsemi-? ?finals?\b", "semifinal"),
        ("quarter", r"\bquarter-? ?finals?\b", "quarterfinal"),
        ("men s", r"\b((?:wo)?men) s\b", r"\1s-event"),
    ]
]
KINDS_EN = {"who": "who", "whom": "who", "whose": "who", "when": "when", "where": "where", "why": "why"}
# "May" and "mar" are words too; the phrase of a date puts "maytime" for the month.
EVENT_MONTHS = {
    word: f"={MONTHS[number - 1]}" for word, number in MONTH_NUMBERS.items() if word not in {"may", "mar"}
} | {"maytime": "=maytime"}
EVENTS_EN = word_set("""
    final semifinal quarterfinal heat leg round race match season championship cup tournament regatta
    series edition stage lap derby replay playoff qualifier mens-event womens-event boys girls junior
    senior youth rowing football chess swimming sailing cycling running skiing singles doubles relay
    sprint marathon mile home away indoor outdoor winter summer spring autumn annual inaugural
    qualifying preliminary festival fair exhibition expedition congress conference election opening
    ceremony concert voyage
""")
STEM = re.compile(r"(?:ings?|ed|ers?|ors?|es|s|ly)$")

GROUPS_JA = [
    ("建設費|費用|工費|いくらかか|価格|値段", "cost"), ("決勝点|決勝ゴール", "winning-goal"),
    ("[1一]位にな|[1一]位だっ|[1一]位は", "win"), ("準々決勝", "=quarterfinal"), ("準決勝", "=semifinal"),
    ("決勝戦|決勝", "=final"), ("予選", "=heat"),
    ("優勝者|優勝|勝者|勝ち取|勝利|勝っ|勝ち|勝つ|制し|制覇|制した|王者|栄冠|頂点に立", "win"),
    ("破っ|破り|破る|下し|倒し|打ち負か|撃破", "beat"), ("敗れ|敗者|敗北|負け|敗退", "lose"),
    ("準優勝", "runnerup"), ("建設|建造|建て|建っ|築[かきい]|建立|造[っらりる]", "build"),
    ("設立|創設|創立|創業|結成|創始", "found"), ("再建|建て直", "rebuild"), ("修復|修理|改修", "repair"),
    ("書[かきい]|執筆|著者|作者|著し|著作|作家", "write"), ("作曲家|作曲者|作曲", "compose"),
    ("画家|描[かきい]", "paint"), ("設計者|設計|建築家", "design"), ("発明者|発明", "invent"),
    ("発見者|発見|見つけ|見つか", "discover"), ("出身地|出生地|生ま|出生|誕生|生年月日|生年", "born"),
    ("亡くな|死去|死亡|没し|没年|他界", "die"), ("開業|開通|開館|開場|開校|開設|開園|落成", "open"),
    ("閉鎖|閉館|閉じ|閉校|廃止", "close"), ("開始|始ま|始め|始まり", "start"), ("終了|終わ|終え", "finish"),
    ("全長|長さ|長い", "long"), ("水深|深さ|深い", "deep"), ("標高|高さ|高い|身長", "high"),
    ("幅|広さ", "wide"), ("面積", "area"), ("重さ|重量|体重", "weigh"), ("年齢|何歳|いくつ", "old"),
    ("速さ|速度|速い", "fast"), ("距離", "far"),
    ("何人が(?:住んで|暮らして)いま?(?:すか|るか|るのか)?|人口|住民(?:の)?数|住民は何人", "population"),
    ("主将|キャプテン", "captain"), ("監督|指揮官|コーチ|指導者|指導", "coach"),
    ("得点|点数|スコア|点を取", "score"), ("記録|タイム|所要時間", "time"), ("金額", "cost"),
    ("購入|買っ|買い|買収|取得", "buy"), ("売却|売っ|売り|売ら", "sell"),
    ("破壊|壊さ|壊し|取り壊|解体", "destroy"), ("後任|後を継|継い|引き継|後継者", "succeed"),
    ("教え|教師", "teach"), ("結婚|配偶者", "marry"), ("出版|刊行|発行", "publish"),
    ("翻訳者|翻訳|訳し", "translate"), ("寄付|寄贈", "donate"), ("観客|観衆", "spectator"),
    ("流れ込|流れ|注い|注ぐ", "flow"), ("首都", "capital"), ("所有者|所有|持ち主", "own"),
    ("試合|対戦|ゲーム", "=match"), ("大会|競技会|トーナメント", "=tournament"),
    ("選手権", "=championship"), ("シーズン", "=season"), ("レース|競走", "=race"),
    ("女子", "=womens-event"), ("男子", "=mens-event"), ("ジュニア", "=junior"), ("シニア", "=senior"),
    ("リーグ", "=league"), ("カップ|杯", "=cup"), ("レガッタ", "=regatta"), ("漕艇|ボート|競漕", "=rowing"),
    ("サッカー", "=football"), ("水泳|競泳", "=swimming"), ("将棋|チェス", "=chess"),
    ("マラソン", "=marathon"), ("リレー", "=relay"), ("開会式", "=opening"), ("閉会式", "=closing"),
    ("博覧会", "=exhibition"), ("音楽祭|祭り|祭", "=festival"), ("選挙", "=election"),
    ("遠征", "=expedition"), ("会議", "=conference"), ("夏季", "=summer"), ("冬季", "=winter"),
    ("春季", "=spring"), ("秋季", "=autumn"), ("第?[1一]?レグ|戦目|回戦", "=leg"),
]  # fmt: skip
# A look at the next character first: of sixty alternatives, most of a text begins none.
_FIRST_JA = {word.lstrip("(?:[")[0] for words, _ in GROUPS_JA for word in words.split("|")}
_GROUP_JA = "|".join(f"(?P<g{place}>{words})" for place, (words, _) in enumerate(GROUPS_JA))
SPLIT_JA = re.compile(f"(?=[1一レ{''.join(sorted(_FIRST_JA))}])(?:{_GROUP_JA})")
LIGHT_JA = re.compile(
    "何(?:キロ|センチ|ミリ)?メートル|何(?:キロ(?:グラム)?|トン|グラム|マイル)|名前|名称|氏名|人物|"
    "選手(?!は何|の数|数|が何)|行わ|行っ|開催|開か|位置|所在|正式|呼ば|合計|具体的|場所|教えて|挙げ|"
    "答え|述べ|とき|際|時点|誰|だれ|どなた|何|どこ|いつ|どの|どれ|どちら|なぜ|理由|どう|いくら|くらい|"
    "ぐらい|ほど|対|戦|人|者|年|月|日|時|第|回|[一二三四五六七八九十百千万億〇]|氏|さん|様|当時|名|"
    "どんな|在|立|存|存在|実施|約|都市|町|村|街|vs"
)
_COUNTERS = (
    "人|名|個|本|回|校|冊|つ|隻|台|点|枚|件|社|頭|匹|軒|戸|票|試合|チーム|ゴール|種類|都市|[かカヶケ箇](?:国語|国|所|月|村|条)|"
    "世帯|文字|両|艘|曲|巻|章|棟|基|羽|(?:年|時|日|週|分|秒)間|連覇|代"
)
_IS_WHAT_JA = "は(?:何(?:です|でしょう|か$|$)|いつ|$)"
"""What follows the noun that says what is asked for: 創業者は, 創業者は何ですか."""
KINDS_JA = [
    ("when", re.compile(f"いつ|何年(?!間)|何月|何日(?!間)|何時(?!間)|どの年|(?:[年日]|時期){_IS_WHAT_JA}")),
    ("who", re.compile(f"誰|だれ|どなた|何者|者{_IS_WHAT_JA}")),
    ("where", re.compile(f"どこ|どの(?:場所|町|街|都市|村|国)|[場所地]は(?:どこ|何)|地{_IS_WHAT_JA}|いずこ")),
    ("why", re.compile("なぜ|何故|どうして|理由")),
    ("count", re.compile(f"(?<!第)何(?:{_COUNTERS})(?!目)|いくつ")),
    ("what", re.compile("何|なに|なん|どの|どれ|どちら|いくら|どのくらい|どんな|どう")),
]
COUNTER = re.compile(f"(?<!第)何({_COUNTERS})(?!目)")
THINGS = word_set("""
    museum bridge lake river tower dam tunnel canal hall castle harbour port railway laboratory
    university college school church library theatre hospital station island mountain mount street
    valley park forest company club society institute prize award cup hotel mill factory observatory
    cathedral palace ship ferry festival congress library reservoir
""")

NO_NAMES = word_set("""
    チーム レース メートル キロ キロメートル センチ シーズン カップ ボート リーグ ゴール ポイント タイム
    スコア コーチ キャプテン トーナメント ゲーム サッカー パーセント トン グラム ジュニア シニア
    マラソン リレー チェス レガッタ プロ who what when where which how why the in at on vs v
""")

# One of these more, or another of them, and something else is asked.
CHANGES = word_set("""
    former vice deputy assistant sister brother mother father son daughter wife husband uncle aunt
    cousin widow not no never except without before after since until under over least most last next
    previous fewest fewer more less minimum maximum lowest highest oldest youngest longest shortest
    largest smallest north south east west northern southern eastern western upper lower new old half
    only lose beat other another second-hand average women men mens-event womens-event boys girls junior
    senior youth home away lose win runnerup rebuild repair margin
    姉 妹 兄 弟 母 父 娘 息 妻 夫 叔 副 元 前 後 北 南 東 西 上 下 新 旧 最 未 非 不 次 以 超 半 初 差 首
""")

ORDINALS = word_set("""
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth hundred thousand
    million two three four five six seven eight nine ten eleven twelve
""")

SAME_COUNTER = {"名": "人", "点": "ポイント"}

# What turns a question round when it comes or goes: a meaning, the words that say so, and others that may
# stand for these.
TURNS: list[tuple[str, re.Pattern[str], re.Pattern[str]]] = [
    (name, re.compile(strong), re.compile(f"{strong}|{weak}" if weak else strong))
    for name, strong, weak in [
        (
            "not",
            (
                r"\b(?:not|never|neither|nor|nobody|nothing|except)\b|n['’]t\b|\bno\b(?!\.? ?\d)"
                r"|なかっ|ない(?!し)|ません|ずに|(?<!数)以外|を除"
            ),
            (
                r"\b(?:without|apart from|other than|fail(?:ed|s)?|absent|forbid\w*|forbade|prohibit\w*"
                r"|banned|miss\w*|lack\w*|refus\w*|exclu\w*|un\w{4,})\b|[未非不]"
            ),
        ),
        (
            "most",
            (
                r"\b(?:highest|maximum|largest|biggest|greatest|tallest|longest|heaviest|fastest|top speed)\b"
                r"|最[高大多長上重速強]"
            ),
            (
                r"\b(?:max|most|top|peak|best|oldest|\w{3,}est|limit|record|up to|ceiling)\b"
                r"|(?:最も|もっとも|一番|いちばん)|上限|トップ|ピーク"
            ),
        ),
        (
            "least",
            r"\b(?:lowest|minimum|smallest|fewest|shortest|lightest|slowest)\b|最[低小少短軽遅弱]",
            r"\b(?:min|least|bottom|worst|\w{3,}est|floor|only)\b|(?:最も|もっとも|一番|いちばん)|下限",
        ),
        (
            "last",
            r"\b(?:the|'s|his|her|its|their) (?:very )?last\b(?! (?:night|week|month|time|year)\b)|最後|最終",
            r"\b(?:last|final(?:ly|e)?|latest|end|closing|ultimate|most recent)\b|最新|終|末|しんがり",
        ),
        (
            "before",
            r"\b(?:before|prior to)\b|(?:の|する|なる|れる|く|う|[る日年月戦])前(?![半身後年回])|以前",
            (
                r"\b(?:earlier|preced\w*|previous\w*|prior|ahead|until|till|by the time|leading up"
                r"|pre-\w+)\b|前|まで|先立"
            ),
        ),
        (
            "after",
            r"\b(?:after|following)\b(?! (?:question|all|up)\b)|(?:の|た|[日月戦])後(?![半ろ])|以後|以降",
            (
                r"\b(?:later|once|follow\w*|subsequent\w*|since|afterwards|post-?\w*|upon|when"
                r"|next)\b|後|のち|あと|以降|から|たら|次|経"
            ),
        ),
        (
            "more",
            r"\bmore than\b|\b(?:over|above|exceed\w*) (?=\d)|以上|を?[超越]え",
            (
                r"\b(?:more|over|above|exceed\w*|beyond|higher|larger|greater|longer|at least|upwards)\b"
                r"|多|超|上回"
            ),
        ),
        (
            "less",
            r"\b(?:less|fewer) than\b|\b(?:under|below) (?=\d)|未満|以下",
            r"\b(?:less|fewer|under|below|lower|smaller|shorter|at most|up to|within)\b|少|下回|まで|以内",
        ),
    ]
]
# Of two opposites one went and the other came.
_OPPOSITES_EN = r"""
    won|wins?|winn\w+|victor\w* / (?:lost|loses?|loser)(?! (?:out )?to\b)
    more / less|fewer
    higher|larger|bigger|longer|greater / lower|smaller|shorter
    highest|most|largest|longest / lowest|fewest|least|smallest|shortest
    oldest|earliest|first / youngest|newest|latest|last
    north(?:ern|ernmost)? / south(?:ern|ernmost)?
    east(?:ern|ernmost)? / west(?:ern|ernmost)?
    upper|upstream / lower|downstream
    left-hand|left side / right-hand|right side
    women|woman|female|girls? / men|man|male|boys?
    mother|sister|daughter|wife / father|brother|son|husband
    bought|buys?|purchas\w+|buyer / sold|sells?|seller
    born|birth\w* / died?|dead|death
    open(?:s|ed|ing)? / clos(?:e|es|ed|ing|ure)|shut
    start(?:s|ed)?|beg[aiu]n\w* / finish(?:es|ed)?|end(?:s|ed)?|stopped
    arriv\w+ / depart\w*|left|leaves?
    allow\w*|permitt?\w* / forbid\w*|forbade|prohibit\w*|bann\w+
    increas\w+|ris(?:e|en|ing)|rose|gr[eo]w\w* / decreas\w+|f[ae]ll\w*|shrank|dropp\w+
    summer / winter
    maximum|upper limit / minimum|lower limit
"""
_OPPOSITES_JA = """
    優勝|勝っ|勝利|勝者 / (?<!に)(?:敗れ|敗退|敗者|敗北|負け)
    女子|女性 / 男子|男性
    最初|初め / 最後|最終
    以前 / 以後|以降
    以上 / 以下|未満
    多[いくか] / 少な
    高[いくか] / 低[いくか]
    長[いくか] / 短[いくか]
    (?<!午)前(?!後) / (?<!午)後
    北(?!海道) / 南
    東(?!京) / 西
    上流 / 下流
    開[業館通場校設] / 閉[業館鎖場校]
    生まれ|誕生 / 亡くな|死去|死亡|没し
    買 / 売
    到着 / 出発
    増 / 減
    許可 / 禁止
    夏 / 冬
    父|兄|弟|息子|夫 / 母|姉|妹|娘|妻
"""


def _opposites(lines: str, limit: str) -> list[tuple[re.Pattern[str], re.Pattern[str]]]:
    sides = (line.strip().split(" / ") for line in lines.strip().splitlines())
    return [
        (re.compile(f"{limit}(?:{one}){limit}"), re.compile(f"{limit}(?:{other}){limit}"))
        for one, other in sides
    ]


OPPOSITES = [*_opposites(_OPPOSITES_EN, r"\b"), *_opposites(_OPPOSITES_JA, "")]
"""Of two opposites one went and the other came: it turns a question round."""

_WE = r"(?:i|we|you|one|they)(?: \w+){0,2}?"
_DO_NOT = r"(?:(?:do|did|ca|can|could|would|wo|have|had)(?: ?not|n['’]t)|cannot|never)(?: \w+){0,2}?"
_KNOW = (
    r"(?:know\w*|remember\w*|recall\w*|find|figure\w*|work|tell|seem|sure|certain|mind|heard|learnt?|think)"
)
_ASK = r"(?:can|could|would|will|wo|do|did|does|was|is|are|were)n['’]t"
_KNOW_JA = (
    "(?:分から|わから|判ら|知ら|思い出せ|覚えてい|くれ|もらえ|いただけ|頂け|下さら|差し支え|存じ|では|でも|じゃ"
    "|かもし?れ|すみ|間違い|違い|構い|ありませ|申し訳|ではあり|じゃあり|くださ?い?ま?せ|教えられ|忘れ)"
)
POLITE = re.compile(
    rf"\b{_WE} {_DO_NOT} {_KNOW}"
    r"|\b(?:not|never) (?:quite |so |entirely )?(?:sure|certain|know\w*|remember\w*|mind\w*|forget\w*)"
    rf"|\b{_ASK} (?:you|it|we|he|she|they|i|there|anyone|somebody|someone)\b"
    r"|\b(?:why|if|or|whether or) not\b|\bno (?:idea|clue|matter|doubt|problem|hurry|less)\b"
    r"|\bnothing (?:but|else)\b|\bmore (?:precisely|exactly|specifically|about)\b"
    r"|\bat (?:last|least|the (?:latest|end))\b|\bafter all\b"
    rf"|{_KNOW_JA}(?:ない|なかった|なかっ|ません|んか|なけれ|なく|ん)"
    r"|少な|危な|つまらな|ないし|(?:教えて|答えて|挙げて)(?:ください|くれ|ほしい)?(?:ません|ない)",
    re.IGNORECASE,
)
"""What is said to a reader and not about the fact: *I do not know who*, ご存じないでしょうか."""
