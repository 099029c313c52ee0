"""The desk's lists. What is not registered here does not exist in the admin."""

from django.contrib import admin
from oauth2_provider.models import Application

from apps.clinic.models import Clinic, Membership
from apps.couples.models import Couple
from apps.desk.lists.clinic import ApplicationList, ClinicList, MembershipList
from apps.desk.lists.couples import CoupleList
from apps.desk.lists.treatments import AppointmentList, FlagList, ProtocolList, TreatmentList
from apps.treatments.models import Appointment, Flag, ProtocolVersion, Treatment

admin.site.register(Couple, CoupleList)
admin.site.register(Treatment, TreatmentList)
admin.site.register(Appointment, AppointmentList)
admin.site.register(Flag, FlagList)
admin.site.register(ProtocolVersion, ProtocolList)
admin.site.register(Clinic, ClinicList)
admin.site.register(Membership, MembershipList)
admin.site.register(Application, ApplicationList)
