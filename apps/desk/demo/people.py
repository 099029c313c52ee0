"""The people of the demo. All are invented; numbers and addresses are of ranges set aside for that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Two:
    """A couple as enrolled: names and the recipient's language."""

    recipient: tuple[str, str]
    partner: tuple[str, str]
    language: str = "en"


def _two(recipient: str, partner: str, language: str = "en") -> Two:
    first, second = recipient.rsplit(" ", 1), partner.rsplit(" ", 1)
    return Two((first[0], first[1]), (second[0], second[1]), language)


HYDERABAD = (
    _two("Lakshmi Reddy", "Venkat Reddy", "te"),
    _two("Ayesha Siddiqui", "Imran Siddiqui", "ur"),
    _two("Mary Thomas", "Joseph Thomas"),
    _two("లక్ష్మీప్రియ చౌదరి", "శ్రీనివాస్ చౌదరి", "te"),
    _two("Priya Sharma", "Rahul Sharma", "hi"),
    _two("Fatima Begum", "Mohammed Khaleel", "ur"),
    _two("Anjali Rao", "Kiran Rao", "te"),
    _two("सुनीता वर्मा", "अजय वर्मा", "hi"),
    _two("Grace Mathew", "Daniel Mathew"),
    _two("Kavitha Naidu", "Suresh Naidu", "te"),
    _two("Zainab Hussain", "Arif Hussain", "ur"),
    _two("Lalitha Murthy", "Prakash Murthy", "te"),
    _two("Deepa Iyer", "Ganesh Iyer"),
    _two("Rukhsana Ali", "Salman Ali", "ur"),
    _two("Swathi Goud", "Naveen Goud", "te"),
    _two("Sneha Kulkarni", "Amit Kulkarni", "hi"),
    _two("పద్మావతి రావు", "రామకృష్ణ రావు", "te"),
    _two("Shabana Qureshi", "Faisal Qureshi", "ur"),
    _two("Elizabeth Raju", "Samuel Raju"),
    _two("Divya Prasad", "Harish Prasad", "te"),
    _two("Meena Kumari", "Rajesh Kumar", "hi"),
    _two("Sana Mirza", "Adil Mirza", "ur"),
    _two("Bhavani Shetty", "Manoj Shetty"),
    _two("Sridevi Varma", "Kalyan Varma", "te"),
    _two("Nafisa Khan", "Yusuf Khan", "ur"),
    _two("Ruth Paul", "David Paul"),
    _two("Madhavi Chary", "Ramesh Chary", "te"),
    _two("पूजा मिश्रा", "विकास मिश्रा", "hi"),
    _two("Haritha Babu", "Ravi Babu", "te"),
    _two("Asma Farooqui", "Nadeem Farooqui", "ur"),
    _two("Vasundhara Devi", "Mohan Das", "te"),
    _two("Neha Agarwal", "Sandeep Agarwal", "hi"),
    _two("Susan George", "Philip George"),
    _two("Tasneem Ahmed", "Rizwan Ahmed", "ur"),
    _two("Jyothi Pillai", "Anand Pillai"),
    _two("Radhika Menon", "Arvind Menon"),
)
LONDON = (
    _two("Emma Clarke", "Oliver Clarke"),
    _two("Amina Hassan", "Omar Hassan"),
    _two("Sophie Bennett", "James Bennett"),
    _two("Chloe Okafor", "Emeka Okafor"),
    _two("Hannah Levy", "Jonathan Levy"),
    _two("Nadia Rahman", "Tariq Rahman"),
    _two("Megan Davies", "Rhys Davies"),
    _two("Olivia Novak", "Tomasz Novak"),
    _two("Charlotte Hughes", "Daniel Hughes"),
    _two("Siobhan Murphy", "Liam Murphy"),
    _two("Grace Adeyemi", "Tunde Adeyemi"),
    _two("Isla Campbell", "Fraser Campbell"),
    _two("Meera Patel", "Nikhil Patel"),
    _two("Lucy Walker", "Thomas Walker"),
    _two("Yasmin Demir", "Emre Demir"),
    _two("Freya Andersen", "Magnus Andersen"),
    _two("Rebecca Stone", "Adam Stone"),
    _two("Ines Ferreira", "Miguel Ferreira"),
    _two("Harriet Wood", "George Wood"),
    _two("Zara Malik", "Bilal Malik"),
    _two("Eleanor Price", "Samuel Price"),
    _two("Aoife Byrne", "Conor Byrne"),
    _two("Naomi Mensah", "Kofi Mensah"),
    _two("Jessica Turner", "William Turner"),
)
BLOOD_GROUPS = ("O+", "A+", "B+", "AB+", "O-", "A-", "B-", "AB-")


def born(n: int, *, partner: bool, today: date) -> date:
    """A date of birth between 26 and 42 years back, the same for the same place in the list."""
    years = 26 + (n * 5 + (3 if partner else 0)) % 17
    return date(
        today.year - years, 1 + (n * 7 + 2 * partner) % 12, 1 + (n * 11 + 5 * partner) % 28
    ) - timedelta(days=366)


def phone(n: int, *, partner: bool, country: str) -> str:
    """A number of a range that no telephone company gives out."""
    if country == "GB":
        return f"+447700900{(2 * n + partner) % 1000:03d}"
    return f"+9155500{(2 * n + partner) % 100000:05d}"


def mail(name: str, n: int, *, partner: bool) -> str:
    plain = "".join(sign for sign in name.lower() if sign.isascii() and sign.isalpha())
    return f"{plain or 'person'}.{2 * n + partner:03d}@example.org"
