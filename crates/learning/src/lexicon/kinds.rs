//! Nouns by kind: people, occupations, and values that exclude each other.

use super::class::Class;

pub(super) const OCCUPATION_ENDINGS: &[&str] = &[
    "ologist", "ician", "grapher", "teer", "keeper", "maker", "smith", "ographer", "worker",
    "erman", "iceman", "sman", "stman", "woman", "nurse",
];

pub(super) const MEDICINE_ENDINGS: &[&str] = &[
    "profen",
    "roxen",
    "statin",
    "cillin",
    "prazole",
    "pril",
    "sartan",
    "olol",
    "azepam",
    "oxetine",
    "triptan",
    "mycin",
    "formin",
    "etamol",
    "aminophen",
    "tadine",
    "izine",
];

pub(super) const FORMS: &[(Class, &str)] = &[
    (Class::Status, "single engaged married divorced widowed separated dating unattached taken"),
    (
        Class::Zone,
        "utc gmt cet cest eet eest wet west est edt cst cdt mst mdt pst pdt akst hst bst ist jst \
         kst aest acst awst nzst nzdt msk sgt hkt",
    ),
    (
        Class::System,
        "windows linux macos ubuntu fedora debian arch nixos mint freebsd openbsd chromeos centos \
         manjaro opensuse suse android ios gentoo alpine redhat rhel",
    ),
    (
        Class::Editor,
        "vim neovim nvim emacs helix vscode vs-code sublime nano zed intellij pycharm webstorm \
         atom notepad kakoune textmate clion goland xcode eclipse rubymine cursor jetbrains",
    ),
    (
        Class::Database,
        "mysql postgres postgresql mariadb sqlite mongodb mongo redis cassandra oracle dynamodb \
         cockroachdb couchdb neo4j clickhouse duckdb firestore elasticsearch db2 influxdb",
    ),
    (
        Class::Vehicle,
        "skoda volvo toyota honda ford bmw audi mercedes tesla volkswagen vw golf renault peugeot \
         fiat opel seat kia hyundai mazda nissan subaru suzuki lexus jeep porsche mini dacia \
         citroen chevrolet chevy dodge prius corolla civic polo passat clio vespa yamaha ducati",
    ),
    (
        Class::Device,
        "iphone pixel fairphone galaxy samsung nokia motorola oneplus xiaomi huawei blackberry \
         macbook thinkpad ipad kindle chromebook surface",
    ),
    (
        Class::Software,
        "slack teams discord zoom jira trello asana notion obsidian evernote github gitlab \
         bitbucket chrome firefox safari brave jenkins docker kubernetes nomad aws azure gcp \
         heroku vercel netlify react vue angular svelte django flask rails laravel spring webpack \
         vite npm yarn pnpm figma sketch photoshop gmail outlook spotify netflix python rust java \
         kotlin typescript javascript golang ruby php scala kafka rabbitmq terraform ansible \
         grafana datadog sentry linear basecamp monday whatsapp signal telegram bash zsh fish",
    ),
];

pub(super) const LEMMAS: &[(Class, &str)] = &[
    (
        Class::Relation,
        "sister brother mother father parent son daughter child baby husband wife girlfriend \
         boyfriend partner fiance fiancee spouse ex friend cousin aunt uncle niece nephew grandma \
         grandpa grandmother grandfather granny roommate flatmate housemate neighbour neighbor \
         colleague coworker co-worker boss manager supervisor mentor teacher professor doctor \
         dentist therapist landlord landlady coach trainer client customer stepmother stepfather \
         sibling twin godmother godfather mate buddy classmate teammate physio gp vet lawyer \
         accountant hairdresser barber tutor assistant nanny babysitter intern lead gran nan \
         grandson granddaughter grandchild hubby wifey missus grandad granddad nana \
         family dog cat puppy kitten hamster rabbit parrot \
         horse pony turtle goldfish",
    ),
    (
        Class::Spouse,
        "husband wife girlfriend boyfriend partner fiance fiancee spouse hubby wifey missus",
    ),
    (
        Class::Pet,
        "dog cat puppy kitten hamster rabbit parrot horse pony turtle goldfish guinea-pig budgie \
         ferret",
    ),
    (
        Class::Occupation,
        "barista paralegal analyst lead plumber firefighter chemist pilot teacher nurse doctor \
         lawyer engineer developer programmer designer manager director accountant electrician \
         carpenter chef cook baker waiter waitress bartender driver writer author editor \
         journalist artist musician singer actor actress painter photographer architect scientist \
         researcher professor lecturer student intern apprentice consultant administrator \
         secretary receptionist cashier clerk salesman salesperson realtor broker banker auditor \
         economist librarian translator interpreter tutor coach trainer therapist psychologist \
         psychiatrist dentist surgeon pharmacist paramedic midwife vet veterinarian farmer \
         gardener florist mechanic technician welder builder bricklayer roofer mason tailor \
         hairdresser barber cleaner janitor guard officer soldier sailor captain detective judge \
         politician mayor priest pastor founder ceo cto cfo coo vp owner entrepreneur freelancer \
         contractor producer curator biologist physicist mathematician geologist statistician \
         sysadmin tester architect specialist coordinator supervisor superintendent foreman \
         assistant associate head principal dean inspector courier postman dispatcher stylist \
         illustrator animator copywriter marketer recruiter planner buyer strategist caretaker \
         fisherman fisher cop policeman policewoman steward stewardess flight-attendant bricklayer \
         plasterer glazier electrician locksmith jeweller upholsterer waitperson dishwasher \
         housekeeper cashier teller bookkeeper proofreader lecturer dean lifeguard ranger gamekeeper \
         zookeeper beekeeper winemaker cheesemaker shepherd lumberjack miner trucker cabbie chauffeur \
         conductor controller navigator astronaut astronomer anthropologist archaeologist historian \
         philosopher linguist mathematician actuary trader investor lobbyist diplomat ambassador \
         minister senator councillor solicitor barrister notary bailiff clerk typist temp trainee \
         copyeditor columnist reporter correspondent presenter broadcaster radiographer \
         physiotherapist dietitian nutritionist chiropractor masseur masseuse beautician manicurist \
         tattooist piercer seamstress dressmaker cobbler potter sculptor ceramicist glassblower \
         dancer comedian blogger streamer barber optician butcher brewer sommelier model",
    ),
    (
        Class::Diet,
        "vegetarian vegan pescatarian keto paleo omnivore carnivore flexitarian gluten-free \
         dairy-free low-carb halal kosher plant-based fruitarian teetotal teetotaler ketogenic \
         teetotaller",
    ),
    (
        Class::Transport,
        "bike cycle tram bus train subway metro tube underground car walk drive scooter \
         motorcycle ferry carpool skateboard jog moped taxi rideshare commute",
    ),
    (
        Class::Drink,
        "coffee tea matcha espresso cappuccino latte cocoa beer wine cola coke juice soda water \
         decaf chai kombucha lemonade whisky gin smoothie mate",
    ),
    (
        Class::Instrument,
        "clarinet cello piano guitar violin viola flute drum trumpet saxophone sax bass harp oboe \
         ukulele banjo accordion organ trombone keyboard mandolin harmonica recorder bagpipe",
    ),
    (
        Class::Tongue,
        "italian turkish spanish french german portuguese dutch swedish norwegian danish finnish \
         polish czech russian ukrainian greek arabic hebrew japanese chinese mandarin cantonese \
         korean hindi urdu thai vietnamese hungarian romanian croatian serbian swahili welsh \
         irish gaelic icelandic latin esperanto catalan basque persian farsi indonesian",
    ),
    (
        Class::Medicine,
        "aspirin ibuprofen paracetamol tylenol advil insulin metformin prozac zoloft \
      antibiotic antihistamine melatonin cortisone prednisone ritalin adderall ventolin",
    ),
    (
        Class::Ailment,
        "break broken sprain fracture twist injury injure hurt sore pain ache headache migraine \
         flu fever cough cold sick ill unwell infection infect inflame strain pull torn tear rash \
         concussion bronchitis pneumonia covid tonsillitis backache toothache bruise limp cast \
         crutches hospital swollen insomnia nausea burnout whiplash hernia tendonitis",
    ),
    (Class::Venue, "gym pool studio club church temple mosque"),
];
