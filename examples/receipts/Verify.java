// java Verify.java jwks.json < receipt        (JDK 17 alone; prints the claims: then check iss, aud and exp)
import java.nio.file.*; import java.security.*; import java.security.spec.*; import java.util.*; import java.util.regex.*;
class Verify { public static void main(String[] args) throws Exception {
  String[] part = new String(System.in.readAllBytes()).trim().split("\\.", -1);
  var base64 = Base64.getUrlDecoder(); var hex = HexFormat.of();
  for (String jwk : Files.readString(Path.of(args[0])).split("}")) {
    var key = new HashMap<String, String>();
    for (Matcher m = Pattern.compile("\"(crv|kid|x|y)\":\"([^\"]*)\"").matcher(jwk); m.find();) key.put(m.group(1), m.group(2));
    boolean ed = "Ed25519".equals(key.get("crv")); String alg = ed ? "EdDSA" : "ES256";
    var header = "{\"alg\":\"" + alg + "\",\"kid\":\"" + key.get("kid") + "\",\"typ\":\"receipt+jwt\"}"; // always this text
    if (part.length != 3 || !header.equals(new String(base64.decode(part[0])))) continue;
    var der = ed ? "302a300506032b6570032100" : "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
    for (var name : ed ? List.of("x") : List.of("x", "y")) der += hex.formatHex(base64.decode(key.get(name)));
    var check = Signature.getInstance(ed ? "Ed25519" : "SHA256withECDSAinP1363Format");
    check.initVerify(KeyFactory.getInstance(ed ? "Ed25519" : "EC").generatePublic(new X509EncodedKeySpec(hex.parseHex(der))));
    check.update((part[0] + "." + part[1]).getBytes()); var signature = base64.decode(part[2]); // Java takes other texts, too
    if (signature.length != 64 || !Base64.getUrlEncoder().withoutPadding().encodeToString(signature).equals(part[2])) continue;
    if (check.verify(signature)) { System.out.println(new String(base64.decode(part[1]), "UTF-8")); return; }
  }
  throw new SignatureException("not a receipt that these keys signed"); } }
