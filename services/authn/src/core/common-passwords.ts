/**
 * Passwords and stems that lead every published list of leaked ones. `checkPassword` also strips digits and signs from
 * the end before it looks here, so one stem stands for all its variants.
 */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `
  password passwort passw0rd p@ssword p@ssw0rd pa$$word pa55word mypassword thepassword yourpassword newpassword
  password1 password12 password123 password1234 passwordpassword motdepasse contraseña contrasena wachtwoord senha
  123456789 1234567890 0123456789 12345678910 987654321 0987654321 11223344 1122334455 12341234 123123123 12344321
  123454321 13579246 147258369 159357456 741852963 789456123 963852741 31415926 19871987 19901990 20002000 12121212
  1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 2wsx3edc q1w2e3r4 q1w2e3r4t5 zaq12wsx zaq1zaq1 qazwsxedc
  qwerty qwerty123 qwertyui qwertyuiop qwertyuiop123 qwertz qwertzuiop azerty azertyuiop asdfghjk asdfghjkl asdfasdf
  asdf1234 asdfqwer zxcvbnm zxcvbnm123 qweasdzxc qweqweqwe qwer1234 1234qwer 123qweasd 123qwe123 q1q1q1q1 abcd1234
  abc12345 abc123456 a1b2c3d4 a1234567 a12345678 a123456789 aa123456 aa12345678 1a2b3c4d 123abc456 abcdefgh abcdefghi
  letmein letmein1 letmeinnow welcome welcome1 welcome123 welcomehome changeme changeme123 changethis default temppass
  temporary temp1234 testtest test1234 test12345 testing123 tester123 secret secret123 topsecret trustno1 iloveyou
  iloveyou1 iloveyou2 iloveme loveyou lovelove loveme1 princess princess1 sunshine sunshine1 football football1 baseball
  baseball1 basketball superman superman1 batman123 spiderman pokemon pokemon1 starwars starwars1 dragon dragon123 monkey
  monkey123 master master123 shadow123 michael michael1 jennifer jessica jordan23 charlie1 liverpool liverpool1 chelsea1
  arsenal1 manchester barcelona realmadrid juventus computer computer1 internet samsung1 google123 facebook linkedin
  microsoft windows10 whatever whatever1 nothing1 blink182 metallica slipknot victoria elizabeth alexander christian
  chocolate butterfly sweetheart beautiful freedom1 mercedes corvette mustang1 ferrari1 porsche911 yankees1 cowboys1
  steelers eagles123 lakers24 hello123 hello1234 helloworld goodluck godisgood jesus123 jesuschrist blessed1 heaven123
  summer2020 summer2021 summer2022 summer2023 summer2024 summer2025 winter2020 winter2021 winter2022 winter2023
  winter2024 winter2025 spring2024 autumn2024 january1 february september october1 november december sommer winter
  summer spring autumn monday123 friday123 admin adminadmin administrator admin123 admin1234 admin12345 root1234 rootroot
  toor1234 user1234 useruser guest123 guestguest demo1234 demodemo login123 access14 superuser supervisor manager1
  company1 company123 office365 server2019 oracle123 postgres mysql123 raspberry ubuntu123 cisco123 security1 killer123
  matrix123 ninja123 samurai1 warcraft minecraft minecraft1 counter1 fortnite fortnite1 playstation nintendo xboxlive
  startrek gandalf1 hogwarts harrypotter voldemort password! p@ssword1 p@ssw0rd1 p@ssw0rd123 lumoauth lumoauth123
  correcthorsebatterystaple
  `
    .trim()
    .split(/\s+/),
);
