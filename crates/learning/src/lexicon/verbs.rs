//! Verbs by kind, in their base form.

use super::class::Class;

pub(super) const LEMMAS: &[(Class, &str)] = &[
    (
        Class::Ending,
        "quit cease stop cancel drop ditch sell lose leave resign retire unsubscribe delete \
         abandon divorce close end fire outgrow kick scrap shelve axe discontinue decommission \
         donate rehome uninstall remove withdraw terminate deactivate disband sunset deprecate \
         dump trade finish dismiss bin sack revoke return surrender renounce forgo skip-for-good",
    ),
    (
        Class::Ceasing,
        "die retire expire heal mend drown crash collapse disband dissolve lapse perish end \
         close resign divorce evaporate bankrupt",
    ),
    (
        Class::Changing,
        "switch change move migrate transfer convert upgrade downgrade rename rebrand replace \
         swap trade shift push postpone reschedule bump raise lower cut increase decrease \
         extend promote relocate update turn bring delay advance reduce reassign revise port \
         adjust double halve slip transition rewrite rebuild redo rework reimplement rise climb \
         jump port rework",
    ),
    (
        Class::Starting,
        "start begin join adopt become install buy get enroll enrol register sign hire adopt \
         embrace settle land accept pick choose acquire order subscribe open",
    ),
    (Class::Liking, "like love enjoy adore favour fancy dig appreciate"),
    (Class::Disliking, "hate dislike loathe detest despise"),
    (Class::Opinion, "like love enjoy adore hate dislike loathe detest despise trust fear avoid"),
    (
        Class::Reporting,
        "say tell claim mention ask wonder hear read suggest announce joke rumour promise \
         insist argue write report swear quote",
    ),
    (
        Class::Verb,
        "hand vape lapse commute propose report employ guess accept achieve act add admire \
         adopt advise afford agree allow announce answer apply argue arrange arrive ask attend \
         bake base be become begin believe belong bike book borrow break bring build buy call \
         camp cancel care carry celebrate change check choose clean climb close collect come \
         commute compete complete continue convert cook count create cry cut cycle dance deal \
         decide delete deploy design develop die discover discuss ditch divorce do donate drink \
         drive drop earn eat end enjoy enroll enter exercise expect explain explore fall feel \
         fight file fill find finish fire fish fix fly follow forget found gain get give go \
         graduate grow handle hang happen hate have head hear help hike hire hit hold hope host \
         hurt improve include injure install interview invest invite join keep know land last \
         launch lay lead learn leave lend let lift like listen live look lose love make manage \
         marry meet mention merge migrate miss move name need notice offer open order organise \
         organize outgrow own paint park participate pass pay perform pick plan plant play \
         practise practice prefer prepare promote publish push put quit raise reach read \
         realise realize receive record reduce register relocate remember remind rename rent \
         repair replace represent resign retire return ride run sail save say schedule score \
         see seem sell send serve set share shift show sing sit skate ski skip sleep smoke \
         speak spend split stand start stay stop study subscribe succeed suffer suggest support \
         surf switch take talk taste teach tell tend think throw trade train transfer travel \
         try turn update upgrade use visit volunteer wait wake walk want wash watch wear win \
         wish work worry write swap outgrow adore dislike loathe detest despise host lower \
         store deploy pet adopt raise weigh measure cost belong contain consist prefer mean \
         call reside own replace rely react relax retrain settle ship sign smell sound \
         specialise specialize stream struggle swim test thank track translate treat trust \
         understand vote welcome wipe worship yell pull hang shake smash rescue chase chop \
         collapse combine complain confirm connect dare declare defend depend deserve destroy \
         disagree disappear enable examine expand fail fetch fold glue grab greet impress \
         inform inherit inspire introduce irritate juggle knit knock laugh melt mix mow obey \
         occur overcome owe pack jack part sack ring dial \
         persuade pour preach prevent protect prove provide punish \
         qualify recommend refuse regret reject remain renew repeat require rewrite rebuild \
         redo rework reimplement rob roll sew shave shine shrink snore solve spill spoil spread \
         squeeze steal stick strike sweep tease tempt tolerate twist vanish vary warn weave \
         wonder wrap codename nickname misspell mistype separate poach headhunt lure recruit tie pop exchange wed step beat heal mend overtake succeed supersede \
         supplant oust dethrone displace recover catch shop rise climb jump drift",
    ),
];
