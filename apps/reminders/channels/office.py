"""The post office: gives each letter to whoever carries its channel for its clinic. A channel like every other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from apps.reminders.channels.contract import CANNOT_SAY, Channel, DemoChannel, Letter, Outcome, Verdict
from apps.reminders.channels.email import EmailChannel
from apps.reminders.channels.msg91 import Msg91Channel
from apps.reminders.channels.twilio import TwilioChannel
from apps.reminders.channels.whatsapp import WhatsAppChannel
from apps.reminders.models import ChannelSetting, Provider

CARRIERS: Mapping[str, Callable[[ChannelSetting], Channel]] = {
    Provider.TWILIO: TwilioChannel,
    Provider.MSG91: Msg91Channel,
    Provider.WHATSAPP: WhatsAppChannel,
    Provider.DEMO: lambda setting: DemoChannel(),
}


class PostOffice:
    """E-mail by the server's own back end, everything else by the clinic's setting."""

    name = "post office"
    idempotent = False

    def send(self, letter: Letter) -> Outcome:
        carrier = self.carrier(letter)
        return Outcome(Verdict.LATER, "no provider") if carrier is None else carrier.send(letter)

    def ask(self, letter: Letter) -> Outcome:
        setting = self.setting(letter)
        began_at = letter.began_at
        # Only who carried it can say, by the account that it went by; another would know of nothing, and that is no answer.
        if (
            setting is None
            or began_at is None
            or setting.provider != letter.provider
            or setting.changed_at > began_at
        ):
            return CANNOT_SAY
        carrier = CARRIERS[setting.provider](setting)
        # Whoever drops a second hand-over may be given it again, once the present allows it again.
        return Outcome(Verdict.LATER, "repeatable") if carrier.idempotent else carrier.ask(letter)

    def carrier(self, letter: Letter) -> Channel | None:
        """None where the clinic has no provider for the channel (any more)."""
        if letter.channel == EmailChannel.name:
            return EmailChannel()
        setting = self.setting(letter)
        return None if setting is None else CARRIERS[setting.provider](setting)

    def setting(self, letter: Letter) -> ChannelSetting | None:
        return ChannelSetting.objects.filter(
            clinic=letter.clinic_id, channel=letter.channel, is_on=True
        ).first()
