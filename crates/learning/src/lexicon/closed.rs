//! Closed classes: words whose list is complete, near enough.

use super::class::Class;

pub(super) const CONTRACTIONS: &[(&str, &str)] = &[
    ("can't", "can not"),
    ("cannot", "can not"),
    ("won't", "will not"),
    ("shan't", "shall not"),
    ("ain't", "am not"),
    ("dont", "do not"),
    ("doesnt", "does not"),
    ("didnt", "did not"),
    ("isnt", "is not"),
    ("arent", "are not"),
    ("wasnt", "was not"),
    ("werent", "were not"),
    ("havent", "have not"),
    ("hasnt", "has not"),
    ("hadnt", "had not"),
    ("cant", "can not"),
    ("couldnt", "could not"),
    ("wouldnt", "would not"),
    ("shouldnt", "should not"),
    ("youre", "you are"),
    ("theyre", "they are"),
    ("weve", "we have"),
    ("youve", "you have"),
    ("theyve", "they have"),
    ("hes", "he is"),
    ("shes", "she is"),
    ("thats", "that is"),
    ("whats", "what is"),
    ("wheres", "where is"),
    ("theres", "there is"),
    ("im", "i am"),
    ("ive", "i have"),
    ("let's", "let us"),
    ("gonna", "going to"),
    ("wanna", "want to"),
    ("gotta", "got to"),
    ("anymore", "any more"),
    ("someday", "some day"),
];

pub(super) const TAKE_IS: &str = "it he she that this there here what who where when how why \
    everything something nothing everyone everybody someone somebody one";

pub(super) const FORMS: &[(Class, &str)] = &[
    (Class::First, "i we me us my our mine ours myself ourselves"),
    (Class::Mine, "my our"),
    (Class::Second, "you your yours yourself yourselves u ya"),
    (
        Class::Third,
        "he she it they him her them his hers its their theirs himself herself itself themselves \
         this that these those there here someone somebody everyone everybody anyone anybody \
         nobody something everything anything nothing one ones",
    ),
    (
        Class::Determiner,
        "a an the this that these those some any each every no my our your his her its their \
         another both all half either neither such",
    ),
    (
        Class::Preposition,
        "in at on for of to from with without by about into onto over under after before between \
         through during since until till against among around as like near off out up down across \
         along behind beyond despite except inside outside per plus than toward towards upon via \
         within instead because",
    ),
    (
        Class::Conjunction,
        "and but or so because although though while when whereas if unless since after before \
         which who where that then plus yet nor as",
    ),
    (
        Class::Auxiliary,
        "am is are was were be been being have has had having do does did done doing will would \
         shall should can could may might must ought",
    ),
    (Class::Asking, "what who whom whose which when where why how"),
    (Class::Negation, "not no never neither nor none nobody nothing hardly barely without"),
    (
        Class::Hypothesis,
        "maybe perhaps possibly might wish wished wishes would could if unless hopefully \
         hypothetically imagine suppose supposing considering tempted almost nearly someday \
         eventually whether probably",
    ),
    (
        Class::Greeting,
        "hi hey hello hiya howdy greetings morning evening afternoon bye goodbye cheers thanks \
         thank ok okay yeah yep yes yup sure wow haha lol oh ah aw aww hmm welcome congrats \
         congratulations woah whoa yay woohoo please",
    ),
    (
        Class::Praise,
        "great awesome amazing wonderful fantastic cool nice good lovely beautiful gorgeous \
         incredible impressive inspiring fun interesting exciting sweet super perfect glad happy \
         proud excited thrilled stunning brilliant excellent neat rad true right agree absolutely \
         definitely totally exactly love sounds looks seems luck lucky congrats congratulations \
         thanks thank appreciate best care enjoy kind support welcome kudos props well done",
    ),
    (
        Class::Number,
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen \
         sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty \
         ninety hundred thousand couple few several dozen",
    ),
    (
        Class::Weekday,
        "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays \
         thursdays fridays saturdays sundays mon tue tues wed thu thur thurs fri weekdays \
         weekends",
    ),
    (
        Class::Month,
        "january february march april may june july august september october november december \
         jan feb mar apr jun jul aug sept sep oct nov dec",
    ),
    (
        Class::Time,
        "day days week weeks weekend weekends month months year years hour hours minute minutes \
         yesterday today tomorrow tonight ago last next night morning evening afternoon summer \
         winter spring autumn fall season recently lately now currently nowadays since until \
         till noon midnight decade decades fortnight fortnights century o'clock am pm",
    ),
    (Class::Current, "now nowadays currently lately presently anymore henceforth instead again"),
    (
        Class::Additional,
        "also too another second besides both additionally extra sometimes \
      occasionally",
    ),
    (
        Class::Closed,
        "i we me us my our mine ours myself ourselves you your yours yourself yourselves u ya he \
         she it they him her them his hers its their theirs himself herself itself themselves \
         this that these those there here a an the some any each every no another both all half \
         either neither such in at on for of to from with without by about into onto over under \
         after before between through during since until till against among around as like off \
         out up down across along behind except inside outside per than toward towards upon via \
         within instead because and but or so although though while when whereas if unless which \
         who whom whose where why how what then plus yet nor am is are was were be been being \
         have has had having do does did done doing will would shall should can could may might \
         must ought not never 's just really very too also quite much many more most less least \
         even still only own same other others again once ever always often already soon now lot \
         lots bit kind sort thing things something anything everything nothing someone anyone \
         everyone got get gets getting go goes going went gone come comes coming came let lets \
         us well ok okay yeah yes yep sure oh ah hi hey hello thanks thank please wow haha lol \
         one ones etc vs via back way ways going want wants wanted need needs know knows think \
         thinks thought say says said tell tells told make makes made take takes took give gives \
         gave keep keeps kept put puts see sees saw seen look looks looked feel feels felt find \
         found try tries tried trying use used good great nice really actually maybe perhaps \
         first last next new few couple able since until far away though enough almost around \
         don t s re ve ll d m hmm btw anyway definitely totally absolutely super pretty",
    ),
    (
        Class::Generic,
        "class classes lesson lessons course courses account accounts subscription subscriptions \
         membership memberships trip trips plan plans contract thing things job jobs allergy \
         habit team club group session sessions appointment event events place work time times \
         stuff people person day days week weeks month months year years number meeting project \
         school reservation booking flight ticket tickets licence license app tool version \
         classes training practice server service office home house flat goal name date weekend \
         weekends yesterday today tomorrow tonight morning evening night january february march \
         april june july august september october november december monday tuesday wednesday \
         thursday friday saturday sunday summer winter spring autumn",
    ),
    (
        Class::Work,
        "project team company product app release repo repository codebase pipeline \
      service server cluster deployment site website database backend frontend build office \
      startup department stack deadline launch retro sync demo sprint-review stand-up standup sprint roadmap api",
    ),
];
