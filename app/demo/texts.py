"""What people write to each other, by language; `{first}`, `{company}` and `{sender}` are filled in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """The parts a message is put together from."""

    subjects: tuple[str, ...]
    greetings: tuple[str, ...]
    offers: tuple[str, ...]
    closings: tuple[str, ...]
    replies: tuple[str, ...]


PHRASES: dict[str, Phrases] = {
    "en": Phrases(
        ("A question about {company}", "{first}, 15 minutes next week?", "Following up", "Your trial ends soon ⏳"),
        ("Hi {first},", "Hello {first},", "Good morning {first},"),
        (
            "I saw that {company} is growing its sales team. Would a short demo be useful?",
            "Here is the case study I promised: teams like yours answer leads twice as fast.",
            "Just checking whether you had time to look at the proposal.",
            "We have moved your appointment to Thursday at 10:00. Does that still suit you?",
            "Your quote is attached; it is valid for 30 days.",
        ),
        ("Best, {sender}", "Kind regards, {sender}", "Cheers 🙌 {sender}"),
        (
            "Thanks, that sounds interesting. Can you send me the prices?",
            "Thursday works for me 👍",
            "Not now, please ask again next quarter.",
            "Please talk to my colleague, she decides about tools.",
        ),
    ),
    "de": Phrases(
        ("Frage zu {company}", "Kurzes Gespräch nächste Woche?", "Ihr Angebot für {company}"),
        ("Guten Tag {first},", "Hallo {first},"),
        (
            "wie vereinbart schicke ich Ihnen die Unterlagen. Über eine Rückmeldung würde ich mich freuen.",
            "hätten Sie am Dienstag Zeit für eine kurze Vorführung?",
            "das Angebot für {company} gilt noch bis Monatsende.",
        ),
        ("Viele Grüße, {sender}", "Schöne Grüße aus Köln 🙂 {sender}"),
        ("Vielen Dank, das prüfen wir.", "Dienstag um 14 Uhr passt gut.", "Bitte melden Sie sich im Frühjahr wieder."),
    ),
    "fr": Phrases(
        ("Une idée pour {company}", "Votre démonstration", "À propos de notre échange"),
        ("Bonjour {first},", "Chère équipe de {company},"),
        (
            "comme convenu, voici le devis. Êtes-vous disponible jeudi à 15 h ?",
            "nos clients répondent deux fois plus vite à leurs prospects grâce à l'automatisation.",
            "avez-vous déjà pu étudier notre proposition ?",
        ),
        ("Bien à vous, {sender}", "À très bientôt ✨ {sender}"),
        ("Merci, c'est noté !", "Pouvez-vous m'envoyer les tarifs détaillés ?", "Pas avant la rentrée, désolé."),
    ),
    "es": Phrases(
        ("¿Hablamos la próxima semana?", "Propuesta para {company}"),
        ("Hola, {first}:", "Buenos días, {first}:"),
        (
            "¿tendría quince minutos mañana para una demostración?",
            "le envío la propuesta actualizada para {company}; quedo atento a sus comentarios.",
        ),
        ("Un saludo, {sender}", "¡Hasta pronto! 😊 {sender}"),
        ("Sí, mañana a las 11 me va bien.", "Gracias, lo revisamos con el equipo de diseño."),
    ),
    "pt": Phrases(
        ("Uma solução para {company}", "Confirmação da reunião"),
        ("Olá, {first}!", "Bom dia, {first},"),
        ("podemos marcar uma conversa rápida amanhã?", "segue a apresentação que prometi na última reunião."),
        ("Um abraço, {sender}", "Até já 🚀 {sender}"),
        ("Ótimo, amanhã às 9h.", "Ainda não tomamos uma decisão."),
    ),
    "pl": Phrases(
        ("Pytanie o {company}", "Krótka rozmowa w przyszłym tygodniu?"),
        ("Dzień dobry {first},",),
        ("przesyłam obiecaną ofertę. Czy mogę pomóc w podjęciu decyzji?", "czy znalazłby się kwadrans na prezentację?"),
        ("Pozdrawiam serdecznie, {sender}",),
        ("Dziękuję, odezwę się w środę.", "Proszę o kontakt po świętach."),
    ),
    "sv": Phrases(
        ("En fråga om {company}", "Påminnelse: möte på torsdag"),
        ("Hej {first}!",),
        ("här kommer underlaget som vi pratade om.", "har ni hunnit titta på förslaget än?"),
        ("Vänliga hälsningar, {sender}",),
        ("Tack, vi återkommer nästa vecka.", "Det låter bra 👍"),
    ),
    "tr": Phrases(
        ("{company} için bir öneri", "Görüşme isteği"),
        ("Merhaba {first},",),
        ("gelecek hafta kısa bir görüşme yapabilir miyiz?", "istediğiniz fiyat listesi ektedir."),
        ("Saygılarımla, {sender}",),
        ("Teşekkürler, inceleyip döneceğiz.", "Çarşamba günü uygundur."),
    ),
    "ru": Phrases(
        ("Вопрос о {company}", "Коммерческое предложение"),
        ("Здравствуйте, {first}!",),
        ("высылаю обещанное предложение.", "удобно ли вам созвониться в четверг?"),
        ("С уважением, {sender}",),
        ("Спасибо, посмотрим.", "Давайте в понедельник."),
    ),
    "el": Phrases(
        ("Πρόταση για την {company}",),
        ("Καλημέρα {first},",),
        ("θα θέλατε μια σύντομη παρουσίαση την επόμενη εβδομάδα;",),
        ("Με εκτίμηση, {sender}",),
        ("Ευχαριστώ, θα το δούμε.",),
    ),
    "ja": Phrases(
        ("{company}様 ご提案の件", "お打ち合わせのお願い"),
        ("{first}様、お世話になっております。",),
        (
            "先日の資料をお送りいたします。ご確認をお願いいたします。",
            "来週、十五分ほどお時間をいただけますでしょうか。",
        ),
        ("よろしくお願いいたします。{sender}",),
        ("ありがとうございます。社内で検討いたします。", "木曜日の午後でお願いします。"),
    ),
    "zh": Phrases(
        ("关于{company}的合作建议", "下周的会议"),
        ("{first}您好：",),
        ("附件是上次提到的报价单，请查收。", "请问您下周方便安排一次演示吗？"),
        ("祝好，{sender}",),
        ("谢谢，我们会尽快回复。", "周四下午可以 👌"),
    ),
    "ko": Phrases(
        ("{company} 제안서",),
        ("안녕하세요, {first}님.",),
        ("요청하신 자료를 보내드립니다. 검토 부탁드립니다.",),
        ("감사합니다. {sender}",),
        ("네, 목요일에 뵙겠습니다.",),
    ),
}

BOUNCES = (
    "550 5.1.1 The e-mail account that you tried to reach does not exist",
    "552 5.2.2 Mailbox full",
    "554 5.7.1 Rejected by the recipient's policy",
)
FAILURES = ("Number is not reachable", "The sender is disconnected", "Daily limit of the sender reached")
