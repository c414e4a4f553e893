//! Irregular forms, each line a base form and the forms that the stemmer does not reduce to it.

pub(super) const FORMS: &str = "\
be: be am is are was were been being
have: have has had having
do: do does did done doing
go: go goes went gone going
get: get gets got gotten getting
leave: leave leaves left leaving
lose: lose loses lost losing
sell: sell sells sold selling
buy: buy buys bought buying
break: break breaks broke broken breaking
give: give gives gave given giving
quit: quit quits quitting
take: take takes took taken taking
make: make makes made making
become: become becomes became becoming
begin: begin begins began begun beginning
drive: drive drives drove driven driving
drink: drink drinks drank drunk drinking
eat: eat eats ate eaten eating
write: write writes wrote written writing
speak: speak speaks spoke spoken speaking
tell: tell tells told telling
say: say says said saying
think: think thinks thought thinking
meet: meet meets met meeting
put: put puts putting
run: run runs ran running
come: come comes came coming
see: see sees saw seen seeing
find: find finds found finding
grow: grow grows grew grown growing
outgrow: outgrow outgrows outgrew outgrown outgrowing
wake: wake wakes woke woken waking
sleep: sleep sleeps slept sleeping
keep: keep keeps kept keeping
teach: teach teaches taught teaching
die: die dies died dying
lay: lay lays laid laying
lie: lie lies lain lying
fall: fall falls fell fallen falling
bear: bear bears bore borne bearing
stand: stand stands stood standing
feel: feel feels felt feeling
push: push pushes pushed pushing
pay: pay pays paid paying
swap: swap swaps swapped swapping
drop: drop drops dropped dropping
stop: stop stops stopped stopping
ditch: ditch ditches ditched ditching
switch: switch switches switched switching
cancel: cancel cancels cancelled canceled cancelling canceling
travel: travel travels travelled traveled travelling traveling
study: study studies studied studying
marry: marry marries married marrying
divorce: divorce divorces divorced divorcing
retire: retire retires retired retiring
resign: resign resigns resigned resigning
forget: forget forgets forgot forgotten forgetting
choose: choose chooses chose chosen choosing
fly: fly flies flew flown flying
ride: ride rides rode ridden riding
rise: rise rises rose risen rising
send: send sends sent sending
spend: spend spends spent spending
bring: bring brings brought bringing
catch: catch catches caught catching
build: build builds built building
hold: hold holds held holding
know: know knows knew known knowing
let: let lets letting
shut: shut shuts shutting
cut: cut cuts cutting
split: split splits splitting
swim: swim swims swam swum swimming
throw: throw throws threw thrown throwing
wear: wear wears wore worn wearing
win: win wins won winning
use: use uses used using
allergy: allergy allergies allergic
meat: meat meats
favorite: favorite favourite favorites favourites fave faves fav
color: color colour colors colours
mother: mother mum mom mums moms mother's mummy mama
father: father dad dads daddy papa
vegetarian: vegetarian vegetarians veggie
email: email e-mail emails e-mails mail
phone: phone phones telephone cellphone smartphone
cycle: cycle cycles cycled cycling bike bikes biked biking bicycle
child: child children kid kids
person: person people
woman: woman women
man: man men
wife: wife wives
foot: foot feet
mouse: mouse mice
tooth: tooth teeth
good: good better best
bad: bad worse worst
one: one ones
smoke: smoke smokes smoked smoking smoker smokers cigarette cigarettes
increase: increase increases increased increasing upped upping
tear: tear tears tore torn tearing
tie: tie ties tied tying
rewrite: rewrite rewrites rewrote rewritten rewriting
rebuild: rebuild rebuilds rebuilt rebuilding
redo: redo redoes redid redone redoing
steal: steal steals stole stolen stealing
stick: stick sticks stuck sticking
strike: strike strikes struck striking
hang: hang hangs hung hanging
shake: shake shakes shook shaken shaking
overcome: overcome overcomes overcame overcoming
sick: sick sickness
flu: flu influenza
gp: gp gps
beat: beat beats beaten beating
standup: standup stand-up standups stand-ups
";
